"""Where the servers keep their data: a folder on a real disk, and a PostgreSQL that is there."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.benchmarks.servers import ROOT

__all__ = ["answers", "disk_folder", "file_system", "new_database", "usual_postgresql"]

_IN_MEMORY = ("tmpfs", "ramfs")


def file_system(folder: Path) -> str:
    """The kind of file system that a folder is on."""
    kind, depth = "unknown", -1
    for line in Path("/proc/self/mounts").read_text().splitlines():
        mounted = Path(line.split()[1])
        if folder.is_relative_to(mounted) and len(mounted.parts) >= depth:
            kind, depth = line.split()[2], len(mounted.parts)
    return kind


@contextmanager
def disk_folder() -> Iterator[Path]:
    """A temporary folder, on a disk rather than in memory where there is a choice; removed at the end."""
    candidates = [Path(tempfile.gettempdir()), Path("/var") / "tmp", ROOT]
    usable = [one for one in candidates if one.is_dir() and os.access(one, os.W_OK)]
    parent = next((one for one in usable if file_system(one.resolve()) not in _IN_MEMORY), usable[0])
    with tempfile.TemporaryDirectory(prefix="upto-load-", dir=parent) as folder:
        yield Path(folder)


def usual_postgresql() -> str:
    """The URL of the PostgreSQL that is tried where none is named."""
    return os.environ.get("UPTO_TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"


def answers(url: str) -> bool:
    """Whether a PostgreSQL answers there."""
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def new_database(url: str) -> Iterator[str]:
    """An empty database beside the one that is named; gives its URL, and drops it at the end."""
    name = f"upto_load_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
