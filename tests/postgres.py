"""A PostgreSQL cluster of the tests' own, in a temporary folder: made, started, stopped and removed.

``python -m tests.postgres COMMAND`` runs a command beside one.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psycopg
from psycopg import sql

__all__ = ["Cluster", "find_binaries", "free_port", "main"]

_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_PATIENCE_SECONDS = 60


def find_binaries() -> Path | None:
    """The folder of the server's programs: the one on the PATH, or the newest that Debian's packages installed."""
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent, *newest_first] if on_path else newest_first
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def free_port() -> int:
    """A port that nobody listens on, from below those that the kernel hands out to clients.

    A client that asks again and again for a port of the clients' range, where nobody listens for the moment, may be
    given that very port for its own end and so reach itself.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom the cluster runs as where we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


class Cluster:
    """A cluster on 127.0.0.1 that trusts everyone and keeps its promises about the disk (fsync is on).

    Parameters
    ----------
    binaries : Path
        The folder that `find_binaries` found.
    """

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._user = _unprivileged()
        self._port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="upto-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        try:
            if self._user is not None:
                os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
            self._make()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop the cluster and remove it."""
        self._remove()

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": self._folder,
            "fsync": "on",
            "max_connections": 300,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._launch("postgres", "-D", str(self._folder / "data"), *options)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._log())
            time.sleep(0.02)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server: its sessions end at once, in good order or as in a crash."""
        if self._process is not None:
            self._process.send_signal(_SIGNALS[mode])
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://upto@127.0.0.1:{self._port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database; gives its address."""
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make(self) -> None:
        options = ("--no-locale", "--encoding=UTF8", "--auth=trust", "--username=upto", "--no-sync")
        if self._launch("initdb", *options, "-D", str(self._folder / "data")).wait(_PATIENCE_SECONDS) != 0:
            raise RuntimeError(self._log())

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=10).close()
        except psycopg.OperationalError:
            return False
        return True

    def _launch(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._binaries / program, *arguments],
                user=None if self._user is None else self._user.pw_uid,
                group=None if self._user is None else self._user.pw_gid,
                extra_groups=None if self._user is None else [],
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def _remove(self) -> None:
        try:
            self.stop("immediate")
        finally:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            shutil.rmtree(self._folder)


def main(command: list[str]) -> int:
    """Run a command beside a cluster of its own, whose address it finds in UPTO_TEST_POSTGRES_URL."""
    binaries = find_binaries()
    if binaries is None:
        sys.stderr.write("PostgreSQL's server is not installed on this machine\n")
        return 1
    with Cluster(binaries) as cluster:
        variables = {**os.environ, "UPTO_TEST_POSTGRES_URL": cluster.url("postgres")}
        return subprocess.run(command, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
