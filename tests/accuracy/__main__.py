"""Measure how many right answers are refused and wrong ones accepted: ``python -m tests.accuracy --cases 250000``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.accuracy.benchmark import Tally, run_round
from tests.accuracy.cases import Failure

_SHOWN = 20  # kinds of failures, one example each


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--cases", type=int, default=250_000, help="how many cases to grade, at least")
    parser.add_argument("--seed", type=int, default=1, help="what all random choices follow from")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--round", type=int, help="run this round only, to reproduce a failure")
    parser.add_argument("--failures", type=Path, help="a file for all failures, as lines of JSON")
    return parser.parse_args()


def _tallies(seed: int, jobs: int) -> Iterator[Tally]:
    """Tallies of one round after the other, for ever; rounds that were begun ahead are dropped at the end."""
    if jobs == 1:
        for number in count():
            yield run_round(seed, number)
    with ProcessPoolExecutor(jobs) as pool:
        numbers = count()
        running: set[Future[Tally]] = {pool.submit(run_round, seed, next(numbers)) for _ in range(2 * jobs)}
        try:
            while True:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    running.add(pool.submit(run_round, seed, next(numbers)))
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


def _run(arguments: argparse.Namespace, console: Console) -> Tally:
    if arguments.round is not None:
        return run_round(arguments.seed, arguments.round)
    tally = Tally()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("grading", total=arguments.cases)
        tallies = _tallies(arguments.seed, arguments.jobs)
        for one in tallies:
            tally.add(one)
            progress.update(task, completed=tally.total)
            if tally.total >= arguments.cases:
                break
        tallies.close()  # type: ignore[attr-defined] # a generator
    return tally


def _table(tally: Tally) -> Table:
    table = Table(title="Falsely refused (right) and falsely accepted (wrong)")
    for heading in ("expected", "generator"):
        table.add_column(heading)
    for heading in ("cases", "failures", "rate"):
        table.add_column(heading, justify="right")
    for expected in ("right", "wrong"):
        names = sorted(name for kind, name in tally.cases if kind == expected)
        rows = [(name, *_counts(tally, expected, name)) for name in names]
        rows.append((f"all {expected}", sum(row[1] for row in rows), sum(row[2] for row in rows)))
        for index, (name, cases, failures) in enumerate(rows):
            last = index == len(rows) - 1
            rate = f"{failures / cases:.2e}" if failures else "0"
            row = (expected, name, f"{cases:,}", f"{failures:,}", rate)
            table.add_row(*row, style="bold" if last else "red" if failures else None, end_section=last)
    return table


def _counts(tally: Tally, expected: str, generator: str) -> tuple[int, int]:
    cases = sum(number for key, number in tally.cases.items() if key == (expected, generator))
    failed = sum((one.case.expected, one.case.generator) == (expected, generator) for _, _, one in tally.failures)
    return cases, failed


def _record(seed: int, number: int, family: str, failure: Failure) -> dict[str, Any]:
    case = failure.case
    return {
        "seed": seed,
        "round": number,
        "assignment": family,
        "generator": case.generator,
        "question": failure.question,
        "expected": case.expected,
        "verdict": failure.verdict,
        "matched": failure.matched,
        "report": failure.report,
        "answers": case.document(),
    }


def main() -> int:
    """Run the benchmark; 1 if any case failed."""
    arguments, console = _arguments(), Console()
    started = time.perf_counter()
    tally = _run(arguments, console)
    taken = time.perf_counter() - started
    console.print(_table(tally))
    console.print(f"{tally.total:,} cases in {taken:.0f} s: {tally.total / taken:,.0f} a second")
    kinds = {(one.case.generator, one.question): (number, family, one) for number, family, one in tally.failures}
    for number, family, failure in list(kinds.values())[:_SHOWN]:
        case = failure.case
        console.print(
            f"--seed {arguments.seed} --round {number} ({family}): question {failure.question}, {case.generator},"
            f" {case.expected} but {failure.verdict} (matched {failure.matched})",
            soft_wrap=True,
            highlight=False,
        )
    if arguments.failures:
        lines = [json.dumps(_record(arguments.seed, *failed)) + "\n" for failed in tally.failures]
        arguments.failures.write_text("".join(lines), encoding="utf-8")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
