"""The servers that are measured, the real one and the floor: started, watched and stopped."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.postgres import free_port

__all__ = ["ROOT", "TOKEN", "Server", "ServerDiedError", "floor", "real"]

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-the-load-benchmark"  # noqa: S105 - it opens nothing but the servers of this run

_START_SECONDS = 60
_STOP_SECONDS = 15
_ENDING_SECONDS = 2
_TICKS = os.sysconf("SC_CLK_TCK")
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class ServerDiedError(Exception):
    """A server ended although nobody had asked it to, or did not start."""


class Server:
    """A server process on a free port, in a process group of its own.

    Parameters
    ----------
    name : str
        What the tables call it.
    command : sequence of str
    folder : Path
        Where it runs; its data directory is ``data`` in there, and is kept.
    settings : mapping, optional
        Further settings, by their names without ``UPTO_``.
    """

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.port = free_port()
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self._command = command
        self._folder = folder
        self._log = folder / "log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UPTO_")}
        own = {"DATA_DIR": str(self.data), "PORT": str(self.port), "ADMIN_TOKEN": TOKEN, **(settings or {})}
        upto = {f"UPTO_{name}": value for name, value in own.items()}
        self._environment = {**kept, **upto, **_ONE_THREAD, "PYTHONPATH": str(ROOT)}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it is ready."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
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
            self.check()
            if time.monotonic() > deadline:
                raise ServerDiedError(f"the {self.name} server was not ready within {_START_SECONDS} s: {self._said()}")
            time.sleep(0.005)

    def stop(self) -> None:
        """End it in good order, or else with all that it started."""
        if self._process is None:
            return
        try:
            self._process.terminate()
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def check(self) -> None:
        """Raise where it is no longer there."""
        if self._process is None or self._process.poll() is not None:
            status = self._process and self._process.returncode
            raise ServerDiedError(f"the {self.name} server ended with {status}: {self._said()}")

    def check_soon(self) -> None:
        """Raise where it is about to end: what made it answer wrong may be its end."""
        deadline = time.monotonic() + _ENDING_SECONDS
        while time.monotonic() < deadline:
            self.check()
            time.sleep(0.05)

    def request(self, method: str, path: str, body: str | None = None) -> int:
        """Ask something on a connection of its own; gives the status."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_START_SECONDS)) as connection:
            connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
            response = connection.getresponse()
            response.read()
            return response.status

    def cpu_seconds(self) -> float:
        """Processor time that it and all that it started have used."""
        parts = [path.read_text().rpartition(")")[2].split() for path in self._proc("stat")]
        return sum(int(part[11]) + int(part[12]) for part in parts) / _TICKS

    def memory(self) -> int:
        """Resident bytes of it and of all that it started."""
        lines = [line for path in self._proc("status") for line in path.read_text().splitlines()]
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def processes(self) -> int:
        """How many processes it is."""
        return len(self._proc("stat"))

    def database_bytes(self) -> int:
        """Size of its data directory."""
        return sum(path.stat().st_size for path in self.data.rglob("*") if path.is_file())

    def _proc(self, name: str) -> list[Path]:
        """A file of the kernel's for each process of its group."""
        self.check()
        assert self._process is not None
        found = []
        for folder in Path("/proc").iterdir():
            with suppress(ProcessLookupError):
                if folder.name.isdigit() and os.getpgid(int(folder.name)) == self._process.pid:
                    found.append(folder / name)
        return found

    def _ready(self) -> bool:
        try:
            return self.request("GET", "/readyz") == 200
        except (OSError, http.client.HTTPException):
            return False

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-4000:] or "(nothing logged)"


def real(folder: Path, settings: Mapping[str, str] | None = None) -> Server:
    """The service itself."""
    return Server("real", [str(Path(sys.executable).parent / "upto"), "serve"], folder, settings)


def floor(folder: Path, settings: Mapping[str, str] | None = None) -> Server:
    """The least that any durable service does."""
    return Server("floor", [sys.executable, "-m", "tests.benchmarks.floor"], folder, settings)
