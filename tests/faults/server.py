"""A real ``upto serve`` process, started and ended as its surroundings would."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.client import TOKEN, get
from tests.postgres import free_port

__all__ = ["Server"]

_COMMAND = [str(Path(sys.executable).parent / "upto"), "serve"]
_START_SECONDS = 60


class Server:
    """A server on a port of its own, which it keeps when it is started anew.

    Parameters
    ----------
    folder : Path
        Where it runs; its data directory is ``data`` in there.
    settings : mapping, optional
        Further settings, by their names without ``UPTO_``.
    within : sequence of str, optional
        A command that is given the server's own command as its last arguments and becomes it.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, within: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.data = folder / "data"
        self.data.mkdir(exist_ok=True)
        self._folder = folder
        self._log = folder / f"log-{self.port}"
        self._command = [*within, *_COMMAND]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UPTO_")}
        own = {"DATA_DIR": str(self.data), "PORT": str(self.port), "ADMIN_TOKEN": TOKEN, **(settings or {})}
        self._environment = kept | {f"UPTO_{name}": value for name, value in own.items()}
        self._environment["OPENBLAS_NUM_THREADS"] = "1"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it is ready."""
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End it, whatever it does."""
        self.kill()

    @property
    def pid(self) -> int:
        """The process that was started; it leads a process group of its own."""
        assert self._process is not None
        return self._process.pid

    def processes(self) -> list[int]:
        """It and all that it started."""
        found = []
        for number in [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]:
            with suppress(ProcessLookupError):
                if os.getpgid(number) == self.pid:
                    found.append(number)
        return found

    def children(self) -> list[int]:
        """The Python processes that it started itself, oldest first."""
        return sorted(pid for pid in self.processes() if _parent(pid) == self.pid and _is_spawned(pid))

    def start(self) -> None:
        """Start it and wait until it can work."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {self._log.read_text(encoding='utf-8')[-4000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it and all that it started with SIGKILL."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def terminate(self, *, everyone: bool = False) -> None:
        """Ask it to end, as a supervisor does: the process that was started alone, or with all that it started."""
        if everyone:
            os.killpg(self.pid, signal.SIGTERM)
        else:
            os.kill(self.pid, signal.SIGTERM)

    def wait_until_gone(self, seconds: float) -> bool:
        """Whether it and all that it started end in time."""
        deadline = time.monotonic() + seconds
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def wait(self, seconds: float) -> int:
        """Wait for its end; gives its exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def _ready(self) -> bool:
        try:
            return get(self.port, "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False


def _parent(pid: int) -> int:
    """The parent of a process; 0 where it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _is_spawned(pid: int) -> bool:
    """Whether `multiprocessing` started it to work, not to watch."""
    try:
        return b"multiprocessing.spawn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
