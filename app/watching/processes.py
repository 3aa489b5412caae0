"""Processes: whether they live, and what they take of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

__all__ = ["is_alive", "pids_of_files", "process_families"]

_PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def pids_of_files(directory: str) -> list[int]:
    """The processes whose numbers stand in a directory, dead ones too."""
    ends = {path.stem.rpartition("_")[2] for path in Path(directory).glob("*.db")}
    return sorted(int(end) for end in ends if end.isdigit())


def process_families(processes: Mapping[str, Sequence[int]]) -> Iterator[Metric]:
    """Sums over the processes of each kind; nothing where the system does not tell (only Linux does).

    Parameters
    ----------
    processes : mapping of str to sequence of int
        Process ids by kind.
    """
    count = GaugeMetricFamily("upto_processes", "Processes that live.", labels=["kind"])
    memory = GaugeMetricFamily("upto_process_resident_memory_bytes", "Memory in use.", labels=["kind"])
    files = GaugeMetricFamily("upto_process_open_fds", "Open files and connections.", labels=["kind"])
    seconds = CounterMetricFamily("upto_process_cpu_seconds", "Processor time of those that live.", labels=["kind"])
    if not (_PROC / "self" / "stat").exists():
        return
    for kind, pids in processes.items():
        usages = [usage for pid in pids if (usage := _usage(pid)) is not None]
        count.add_metric([kind], len(usages))
        memory.add_metric([kind], sum(usage[0] for usage in usages))
        files.add_metric([kind], sum(usage[1] for usage in usages))
        seconds.add_metric([kind], sum(usage[2] for usage in usages))
    yield from (count, memory, files, seconds)


def _usage(pid: int) -> tuple[int, int, float] | None:
    """Bytes in memory, open files and seconds of the processor; None where it is gone."""
    try:
        # The name of the program, in parentheses, may hold anything; user and system time are fields 14 and 15,
        # resident pages field 24 (proc(5)).
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        opened = len(list((_PROC / str(pid) / "fd").iterdir()))
    except OSError:
        return None
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), opened, seconds
