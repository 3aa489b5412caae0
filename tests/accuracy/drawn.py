"""Sweep drawn data: ``python -m tests.accuracy.drawn --draws 1000`` draws both shipped assignments so often.

On each draw nothing may be found that would make verdicts wrong, no right answer refused and no wrong one accepted.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # comes with scikit-learn, without types

from app.assignments import Assignment, shipped_assignments
from app.checking import findings
from app.checking.drawing import tried
from tests.accuracy.benchmark import Tally, cases_of_assignment, graded

__all__ = ["SLUGS", "Swept", "drawn_assignment", "main", "overlaid", "sweep"]

SLUGS = ("hw3", "practice")
_OVERLAYS = Path(__file__).parents[1] / "app" / "variants"
_MOST = 500


@dataclass
class Swept:
    """What one draw, or many, showed."""

    tries: int = 0
    draws: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Why draws were refused."""
    found: Counter[str] = field(default_factory=Counter)
    """What was found on draws that were not."""
    tally: Tally = field(default_factory=Tally)

    def add(self, other: Swept) -> None:
        """Take in another."""
        self.tries += other.tries
        self.draws += other.draws
        self.refused.update(other.refused)
        self.found.update(other.found)
        self.tally.add(other.tally)


@cache
def overlaid(slug: str) -> Assignment:
    """A shipped assignment with draws for all its data."""
    document = yaml.safe_load(shipped_assignments()[slug].read_text(encoding="utf-8"))
    document |= yaml.safe_load((_OVERLAYS / f"{slug}.yaml").read_text(encoding="utf-8"))
    return Assignment.model_validate(document).stamped(f"drawn-{slug}")


def drawn_assignment(slug: str, seed: int, number: int) -> tuple[Assignment, Swept]:
    """The assignment on the data of one learner."""
    swept = Swept(draws=1)
    own = hashlib.sha256(f"{seed} {slug} {number}".encode()).digest()
    assignment = overlaid(slug)
    for drawn, reason in tried(assignment, own, _MOST):
        swept.tries += 1
        if reason is None:
            return assignment.with_data(drawn), swept
        swept.refused[str(reason)[:120]] += 1
    raise LookupError(f"none of {_MOST} draws of {slug} is acceptable")


def sweep(slug: str, seed: int, number: int, about: int) -> Swept:
    """Draw once, look for findings with the whole lint's eyes, and grade cases, `about` so many."""
    with threadpool_limits(1):
        assignment, swept = drawn_assignment(slug, seed, number)
        swept.found.update(str(one.message) for one in findings(assignment))
        rng = np.random.default_rng([seed, number])
        swept.tally = graded(cases_of_assignment(slug, assignment, rng, about, thin=True), number)
    return swept


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy.drawn", description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="draws of each assignment")
    parser.add_argument("--first", type=int, default=0, help="number of the first draw: to go on, or to repeat one")
    parser.add_argument("--only", choices=SLUGS, help="draw this assignment only")
    parser.add_argument("--cases", type=int, default=300, help="cases on each draw, about")
    parser.add_argument("--seed", type=int, default=1, help="what all random choices follow from")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    return parser.parse_args()


def main() -> int:
    """Sweep; 1 if anything was found."""
    arguments, console = _arguments(), Console()
    started = time.perf_counter()
    slugs = SLUGS if arguments.only is None else (arguments.only,)
    swept = {slug: Swept() for slug in slugs}
    with ProcessPoolExecutor(arguments.jobs) as pool, Progress(console=console, transient=True) as progress:
        task = progress.add_task("drawing", total=arguments.draws * len(slugs))
        running = {
            pool.submit(sweep, slug, arguments.seed, number, arguments.cases): slug
            for slug in slugs
            for number in range(arguments.first, arguments.first + arguments.draws)
        }
        for future in as_completed(running):
            swept[running[future]].add(future.result())
            progress.advance(task)
    table = Table(title="Drawn data")
    for heading in ("assignment", "draws", "tried", "findings", "cases", "failures"):
        table.add_column(heading, justify="left" if heading == "assignment" else "right")
    for slug, one in swept.items():
        counts = (one.draws, one.tries, one.found.total(), one.tally.total, len(one.tally.failures))
        table.add_row(slug, *(f"{count:,}" for count in counts))
    console.print(table)
    for slug, one in swept.items():
        for reason, count in one.refused.most_common(5):
            console.print(f"{slug}: {count:,} draws were refused because {reason}", markup=False)
        for what, count in one.found.most_common(10):
            console.print(f"{slug}: found {count:,} times: {what}", markup=False)
        failed = defaultdict[tuple[str | None, ...], list[int]](list)
        for number, _, failure in one.tally.failures:
            case = failure.case
            failed[case.expected, case.generator, failure.question, failure.verdict, failure.matched].append(number)
        for kind, numbers in sorted(failed.items(), key=lambda item: -len(item[1]))[:20]:
            console.print(f"{slug}: failed {len(numbers):,} times, as on draw {numbers[0]}: {kind}", markup=False)
    console.print(f"{time.perf_counter() - started:,.0f} s")
    return int(any(one.found or one.tally.failures for one in swept.values()))


if __name__ == "__main__":
    sys.exit(main())
