"""``make outdated``: what is locked, what is newer, and what is said where nobody answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.outdated import Behind, find_behind, main, read_direct, read_pins, table

_ROOT = Path(__file__).parents[2]
_LOCK = """\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:00 \\
    # via upto (pyproject.toml)
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:01
Typing_Extensions==4.15.0 \\
    --hash=sha256:02
uvicorn[standard]==0.54.0 --hash=sha256:03
"""


def test_the_pins_of_a_lock_are_read_with_every_version() -> None:
    assert read_pins(_LOCK) == {
        "numpy": ["2.4.6", "2.5.5"],
        "typing-extensions": ["4.15.0"],
        "uvicorn": ["0.54.0"],
    }


def test_every_requirement_of_the_projects_own_locks_is_read() -> None:
    for lock in _ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        lines = {line for line in text.splitlines() if line[:1].isalnum()}
        assert sum(map(len, read_pins(text).values())) == len(lines), lock


def test_what_the_project_names_itself_is_direct() -> None:
    direct = read_direct((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {
        "fastapi",
        "psycopg",
        "python-multipart",
        "ruff",
    } <= direct  # with an extra, with a hyphen, of the extra dev
    assert "starlette" not in direct


def test_only_newer_releases_are_listed_and_direct_ones_first() -> None:
    newest = {
        "numpy": ["2.4.7", "2.5.5"],
        "anyio": ["4.17.0"],
        "zlib": ["1.10.0"],
        "same": ["1.0"],
        "yanked": ["0.9"],
        "old-python": ["0.0.0", "1.0"],
    }
    locked = {
        "anyio": ["4.16.0"],
        "numpy": ["2.4.6", "2.5.5"],
        "zlib": ["1.9.0"],
        "same": ["1.0"],
        "yanked": ["1.0"],
        "old-python": ["1.0"],
        "unknown": ["1.0"],
    }
    assert find_behind(locked, newest, {"numpy", "same"}) == [
        Behind("numpy", "2.4.6, 2.5.5", "2.4.7, 2.5.5", direct=True),
        Behind("anyio", "4.16.0", "4.17.0", direct=False),
        Behind("zlib", "1.9.0", "1.10.0", direct=False),
    ]


def test_the_table_has_a_line_for_each() -> None:
    rows = [Behind("numpy", "2.4.6", "2.4.7", direct=True), Behind("x", "1.0", "2.0", direct=False)]
    assert table(rows) == "name   locked  newest  direct\nnumpy  2.4.6   2.4.7   yes\nx      1.0     2.0     no\n"


def _uv(folder: Path, script: str) -> None:
    path = folder / "uv"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_what_uv_says_is_compared_with_the_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _uv(tmp_path, "sed 's/$/==99999999.0/'")  # of everything there is a version 99999999.0
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert main([]) == 0
    *rows, _, last = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["name", "locked", "newest", "direct"]
    assert next(row.split()[2:] for row in rows if row.startswith("fastapi ")) == ["99999999.0", "yes"]
    assert next(row.split()[2:] for row in rows if row.startswith("starlette ")) == ["99999999.0", "no"]
    assert last == f"{len(rows) - 1} of {len(rows) - 1} locked dependencies are behind."


def test_what_is_up_to_date_or_unheard_of_is_not_listed_but_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _uv(tmp_path, "sed -n '/^fastapi$/!s/$/==0/p'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert main([]) == 0
    unheard, last = capsys.readouterr().out.splitlines()
    assert unheard == "Nothing was said of fastapi."
    assert last.startswith("0 of ")


def test_without_a_network_it_says_so_in_a_sentence_and_fails(tmp_path: Path) -> None:
    _uv(
        tmp_path,
        "echo 'error: Failed to fetch: http://127.0.0.1:9/simple/alembic/' >&2\necho '  cause: no' >&2\nexit 2",
    )
    said = subprocess.run(
        [sys.executable, "-m", "scripts.outdated"],
        cwd=_ROOT,
        env={**os.environ, "PATH": str(tmp_path) + os.pathsep + os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "make outdated: uv got no answer about newer releases (Failed to fetch: http://127.0.0.1:9/simple/alembic/); "
        "is there a network?\n"
    )


def test_without_uv_it_says_where_that_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 1
    assert "'pip install uv' in an environment of its own" in capsys.readouterr().err
