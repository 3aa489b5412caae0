"""``upto`` started with what it cannot use: one sentence that names what to change."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

_UPTO = Path(sys.executable).parent / "upto"


def _fail(folder: Path, *command: str, **environment: str) -> str:
    """Run it in a folder of its own and give back the one sentence that it ends with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPTO_")}
    result = subprocess.run(
        [str(_UPTO), *(command or ("serve",))],
        env=kept | {"UPTO_PORT": "0", "UPTO_HOST": "127.0.0.1"} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,  # one that does serve would never end
        check=False,
    )
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    said = result.stderr.splitlines()
    assert len(said) == 1, result.stderr
    assert said[0].startswith("upto: ")
    return said[0]


def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = _fail(tmp_path, UPTO_PORT=str(port))
    assert "UPTO_PORT" in said
    assert f"127.0.0.1:{port}" in said


@pytest.mark.parametrize("port", ["abc", "", "-1", "65536", "80.5"])
def test_what_is_no_port_is_named_with_its_setting(tmp_path: Path, port: str) -> None:
    said = _fail(tmp_path, UPTO_PORT=port)
    assert "UPTO_PORT" in said
    assert repr(port) in said
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_is_no_address_is_named_with_its_setting(tmp_path: Path) -> None:
    said = _fail(tmp_path, UPTO_HOST="x" * 64)  # too long a label for anyone to be asked for it
    assert "UPTO_HOST" in said
    assert "UPTO_PORT" not in said


@pytest.mark.parametrize("below", ["", "/data", "/data/deeper"])
def test_a_data_directory_that_cannot_be_is_named_with_its_setting(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("precious")
    said = _fail(tmp_path, UPTO_DATA_DIR=f"file{below}")
    assert "UPTO_DATA_DIR" in said
    assert f"{tmp_path / 'file'}{below}" in said
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("command", [("serve",), ("token", "list")])
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nosuch://there/upto", "nosuch"),
        ("sqlite+nosuch:///upto.sqlite3", "nosuch"),
        ("no url at all", "URL"),
        ("postgresql://127.0.0.1:port/upto", "port"),
        ("sqlite:///nowhere/upto.sqlite3", "unable to open"),
    ],
)
def test_a_database_that_cannot_be_opened_is_said_in_a_sentence(
    tmp_path: Path, command: tuple[str, ...], url: str, reason: str
) -> None:
    said = _fail(tmp_path, *command, UPTO_DATABASE_URL=url)
    assert "the database cannot be opened" in said
    assert reason in said


def test_a_file_that_is_no_database_is_said_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "upto.sqlite3"
    file.parent.mkdir()
    file.write_text("precious " * 100)
    assert "not a database" in _fail(tmp_path)
    assert file.read_text() == "precious " * 100
