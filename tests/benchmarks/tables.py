"""The figures as tables, each line with its goal beside it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.table import Table

from tests.benchmarks.measures import Comparison, Memory, Series, Start

__all__ = ["closed_table", "memory_table", "open_table", "start_table"]

_NUMBERS = ("requests/s", "p50 ms", "p99 ms", "server cores", "client cores")
_MIB = 1 << 20
_P99_GOAL = 100.0  # ms
_P50_GOAL = 10.0  # ms
_START_GOAL = 4.0  # s


def _goal(name: str, reached: bool) -> str:
    return f"{name}: {'met' if reached else 'MISSED'}"


def _table(title: str, words: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in words:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right")
    table.add_column("goal", no_wrap=True)
    return table


def _cells(series: Series) -> tuple[str, ...]:
    latencies = (f"{series.latency(50):.1f}", f"{series.latency(99):.1f}")
    return f"{series.rate:,.0f}", *latencies, f"{series.server_cores:.2f}", f"{series.client_cores:.2f}"


def closed_table(title: str, comparisons: Sequence[Comparison]) -> Table:
    """Throughput, and how it compares with the floor's."""
    numbers = (*_NUMBERS, "real/floor (min-max)")
    table = _table(title, ("body", "server"), numbers)
    for one in comparisons:
        ratio = statistics.median(one.ratios)
        goals = (
            _goal(f"ratio ≥ {one.body.goal}", ratio >= one.body.goal),
            _goal(f"p99 < {_P99_GOAL:.0f} ms", one.real.latency(99) < _P99_GOAL),
        )
        compared = f"{ratio:.2f} ({min(one.ratios):.2f}-{max(one.ratios):.2f})"
        table.add_row(one.body.title, one.floor.server, *_cells(one.floor), "", "-")
        table.add_row("", one.real.server, *_cells(one.real), compared, "\n".join(goals), end_section=True)
    return table


def open_table(title: str, comparison: Comparison) -> Table:
    """Latency at a steady rate of arrivals."""
    table = _table(title, ("body", "server"), _NUMBERS)
    for series in (comparison.floor, comparison.real):
        reached = series.latency(50) < _P50_GOAL
        table.add_row(
            comparison.body.title, series.server, *_cells(series), _goal(f"p50 < {_P50_GOAL:.0f} ms", reached)
        )
    return table


def memory_table(title: str, found: Sequence[Memory]) -> Table:
    """Memory as submissions come in; what matters is that it ceases to grow."""
    table = _table(title, (), ("submissions", "resident MiB", "since 10,000", "processes", "database MiB"))
    base = next((one.resident for one in found if one.submissions >= 10_000), None)
    for one in found:
        grown = "" if base is None or one.submissions < 10_000 else f"{(one.resident - base) / _MIB:+.1f}"
        last = one is found[-1] and base is not None and len(found) > 1
        table.add_row(
            f"{one.submissions:,}",
            f"{one.resident / _MIB:.1f}",
            grown,
            str(one.processes),
            f"{one.database / _MIB:.1f}",
            "no growth from 10,000 on" if last else "-",
        )
    return table


def start_table(title: str, found: dict[str, Sequence[Start]]) -> Table:
    """Seconds until the service is of use."""
    table = _table(title, ("data directory",), ("/readyz 200 s", "first 201 s", "slowest s"))
    for name, starts in found.items():
        accepted = statistics.median(one.accepted for one in starts)
        table.add_row(
            name,
            f"{statistics.median(one.ready for one in starts):.2f}",
            f"{accepted:.2f}",
            f"{max(one.accepted for one in starts):.2f}",
            _goal(f"first 201 < {_START_GOAL:.0f} s", accepted < _START_GOAL),
        )
    return table
