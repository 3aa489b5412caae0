"""A directory in which several web processes share their numbers, for as long as they live.

It has to be there before `prometheus_client` is loaded, so nothing here loads it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["shared_metrics"]

_MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it, readable by us alone
_PREFIX = "upto-metrics-"
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_metrics(workers: int, parent: Path | None = None) -> Iterator[None]:
    """Let processes that are started inside share their numbers, where there are several.

    Parameters
    ----------
    workers : int
        Web processes.
    parent : Path, optional
        Where the directory is made; by default in memory (``/dev/shm``), or among the temporary files.

    Notes
    -----
    The files are mapped into memory: on a disk that is full, writing to them would end the process (SIGBUS). So they do
    not stand in the data directory. A lock that ends with its owner tells which directories are left of processes that
    were killed; those are deleted.
    """
    os.environ.pop(_VARIABLE, None)
    if workers == 1:
        yield
        return
    where = parent or (_MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir()))
    _delete_stale(where)
    made, handle = _make(where)
    try:
        os.environ[_VARIABLE] = str(made)
        yield
    finally:
        os.environ.pop(_VARIABLE, None)
        shutil.rmtree(made, ignore_errors=True)
        os.close(handle)


def _make(where: Path) -> tuple[Path, int]:
    """A directory of our own, and the handle that holds its lock."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
        handle = os.open(made, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if made.exists():  # nobody took it for stale before it was locked
            return made, handle
        os.close(handle)


def _delete_stale(where: Path) -> None:
    """Delete what is left of those that were killed."""
    for left in where.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, or somebody deletes it at the same moment
            handle = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)
