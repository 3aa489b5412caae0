"""Print who may do what: ``python -m tests.app.access`` asks every route as every caller; fails where one differs."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.app.access.matrix import ROWS, found
from tests.app.access.world import CALLERS, opened_world


def main() -> int:
    """Ask, print and count."""
    counted: Counter[str] = Counter()
    wrong = 0
    width = max(len(row.name) for row in ROWS)
    sys.stdout.write(f"{'':{width}}  " + "  ".join(CALLERS) + "\n")
    with tempfile.TemporaryDirectory() as folder, opened_world(Path(folder)) as world:
        for row in ROWS:
            statuses = found(world, row)
            counted.update(statuses)
            wrong += statuses != tuple(row.statuses.split())
            shown = "  ".join(f"{status:{len(caller)}}" for caller, status in zip(CALLERS, statuses, strict=True))
            differs = "" if statuses == tuple(row.statuses.split()) else f"  expected {row.statuses}"
            sys.stdout.write(f"{row.name:{width}}  {shown}{differs}\n")
    counts = ", ".join(f"{number} x {status}" for status, number in sorted(counted.items()))
    sys.stdout.write(
        f"{len(ROWS)} requests x {len(CALLERS)} callers = {counted.total()}: {counts}; {wrong} rows differ\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
