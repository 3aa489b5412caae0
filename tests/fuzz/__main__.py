"""Try hostile inputs on every part of the service: ``python -m tests.fuzz --inputs 1000000 --seed 1 --jobs 2``."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz.parts import PARTS, run_part
from tests.fuzz.running import Failure, Tally

__all__ = ["main"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, help="how many to try, about; 1,000,000 where no time is said either")
    parser.add_argument("--seconds", type=float, help="how long to try, about")
    parser.add_argument("--seed", type=int, default=1, help="what all random choices follow from")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--part", choices=PARTS, action="append", help="this part only; may be said several times")
    parser.add_argument("--round", type=int, help="this round only, to reproduce a failure")
    parser.add_argument("--failures", type=Path, default=Path("var/fuzz"), help="where inputs that fail are written")
    return parser.parse_args()


def _tally(name: str, arguments: argparse.Namespace, inputs: int | None) -> Tally:
    chosen = arguments.part or list(PARTS)
    share = PARTS[name]
    jobs = 1 if share.alone or arguments.round is not None else arguments.jobs
    most = None if inputs is None else max(int(inputs * share.inputs / _sum(chosen, "inputs") / jobs), 1)
    seconds = arguments.seconds and arguments.seconds * share.seconds / _sum(chosen, "seconds")
    tally = Tally(name)
    # Every process is a new one: what one part leaves in memory is not taken for another's.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = [
            pool.submit(run_part, name, arguments.seed, job, jobs, most, seconds, arguments.round)
            for job in range(jobs)
        ]
        for future in running:
            tally.add(future.result())
    return tally


def _sum(names: list[str], what: str) -> float:
    total: float = sum(getattr(PARTS[name], what) for name in names)
    return total


def _table(tallies: list[Tally]) -> Table:
    table = Table(title="Hostile inputs, and how they were answered")
    for heading in ("part", "inputs"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    table.add_column("answers")
    for heading in ("slowest (s)", "memory (MiB)", "failures"):
        table.add_column(heading, justify="right")
    for tally in tallies:
        answers = ", ".join(f"{name}: {number:,}" for name, number in sorted(tally.answers.items()))
        memory = "\n".join(f"{before >> 20:,} → {after >> 20:,}" for before, after in tally.memory)
        slowest = f"{tally.slowest:.2f}" if tally.slowest else ""
        style = "red" if tally.failed else None
        table.add_row(tally.part, f"{tally.tried:,}", answers, slowest, memory, f"{tally.failed:,}", style=style)
    table.add_section()
    total, failed = sum(tally.tried for tally in tallies), sum(tally.failed for tally in tallies)
    table.add_row("all", f"{total:,}", "", "", "", f"{failed:,}", style="bold")
    return table


def _write(folder: Path, failures: Iterator[Failure], say: Callable[[str], None]) -> None:
    """Keep every input that failed, and say how to send it again."""
    for count, failure in enumerate(failures):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{failure.part}-{failure.seed}-{failure.round}-{failure.index}-{count}"
        path.with_suffix(".bytes").write_bytes(failure.sent.data)
        path.with_suffix(".txt").write_text(
            f"{failure.what}\n\n{failure.sent.about!r}\n", encoding="utf-8", errors="replace"
        )
        first = failure.what.strip().splitlines()[-1][:300] if failure.what.strip() else ""
        say(f"--part {failure.part} --seed {failure.seed} --round {failure.round}, input {failure.index}: {first}")
        say(f"  {path}.bytes")


def main() -> int:
    """Try inputs; 1 if any was not answered as it should have been."""
    arguments, console = _arguments(), Console()
    inputs = arguments.inputs
    if inputs is None and arguments.seconds is None:
        inputs = 1_000_000
    began = time.monotonic()
    tallies = []
    for name in arguments.part or PARTS:
        with console.status(f"{name} ..."):
            tallies.append(_tally(name, arguments, inputs))
        console.print(f"{name}: {tallies[-1].tried:,} inputs, {time.monotonic() - began:.0f} s", highlight=False)
    console.print(_table(tallies))
    total, taken = sum(tally.tried for tally in tallies), time.monotonic() - began
    console.print(f"{total:,} inputs in {taken:.0f} s, seed {arguments.seed}", highlight=False)
    failures = (failure for tally in tallies for failure in tally.failures)
    _write(
        arguments.failures, failures, lambda line: console.print(line, soft_wrap=True, highlight=False, markup=False)
    )
    return 1 if any(tally.failed for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
