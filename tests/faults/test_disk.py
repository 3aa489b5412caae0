"""A disk that takes no more is our fault and passes: 503 while it lasts, then 201 without a restart."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.client import SUBMISSIONS, get
from tests.faults.ledger import listed, prove
from tests.faults.load import Load
from tests.faults.server import Server
from tests.faults.support import Report, integrity

_UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
_MOUNT = 'mount -t tmpfs -o size="$1"m tmpfs "$0" && shift && exec "$@"'
_MEBIBYTES, _MORE_MEBIBYTES = 16, 4  # of the disk, and for each time: what is stored meanwhile must not fill it
_SMALL = 4096  # bytes: what the server writes lies beyond them


def _small_disk(data: Path, times: int) -> list[str]:
    """The command that mounts a small disk where the data will be, for itself alone; empty where that may not be."""
    data.mkdir()
    command = [*_UNSHARE, "sh", "-c", _MOUNT, str(data), str(_MEBIBYTES + _MORE_MEBIBYTES * times)]
    if shutil.which("unshare") is None:
        return []
    return command if subprocess.run([*command, "true"], check=False).returncode == 0 else []


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Fill a disk to its last byte."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                _write_while_possible(file.fileno(), size)
        yield
    finally:
        filler.unlink()


def _write_while_possible(file: int, size: int) -> None:
    try:
        while True:
            os.write(file, b"\0" * size)
    except OSError:
        return


@contextmanager
def _limited(server: Server, size: int) -> Iterator[None]:
    """Let every write of the server fail that lies beyond a size."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in server.processes()}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_503_until_there_is_room_again(times: int, tmp_path: Path, report: Report) -> None:
    small = _small_disk(tmp_path / "data", times)
    waits = []
    with Server(tmp_path, within=small) as server:
        seen = Path(f"/proc/{server.pid}/root{server.data}")  # the server's own mounts
        with Load([server.port]) as load:
            for _ in range(times):
                load.wait_for(201, 20)
                largest = max(file.stat().st_size for file in seen.iterdir())
                with _filled(seen) if small else _limited(server, largest):
                    load.wait_for(503, 20)
                waits.append(load.wait_for(201))
        proof = prove(load, listed(server.port))
        assert integrity(seen) == "ok"
    report(f"disk full, {times} times" if small else f"files limited, {times} times", "SQLite", proof, max(waits))
    proof.check()


def test_a_disk_that_cannot_be_written_is_503_while_reports_are_read(
    times: int, tmp_path: Path, report: Report
) -> None:
    waits = []
    with Server(tmp_path) as server:
        with Load([server.port]) as load:
            earlier = load.one("earlier")
            for _ in range(times):
                load.wait_for(201, 20)
                with _limited(server, _SMALL):
                    load.wait_for(503, 20)
                    read = get(server.port, f"{SUBMISSIONS}/{earlier.id}")
                    assert (read.status, read.json()) == (200, json.loads(earlier.content))
                waits.append(load.wait_for(201))
        proof = prove(load, listed(server.port))
        assert integrity(server.data) == "ok"
    report(f"disk not writable, {times} times", "SQLite", proof, max(waits))
    proof.check()
