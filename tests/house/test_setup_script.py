"""``scripts/setup.sh``: what it says where it cannot go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_ROOT = Path(__file__).parents[2]
_LOCKED = ("pyproject.toml", "requirements.lock", "requirements-dev.lock")
_NO_INDEX = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_RETRIES": "0",
    "PIP_DEFAULT_TIMEOUT": "2",
    "PIP_NO_CACHE_DIR": "1",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout in a folder whose name has a space, of what the script reads."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in _LOCKED:
        shutil.copy(_ROOT / name, folder)
    shutil.copytree(_ROOT / "scripts", folder / "scripts")
    return folder


def _set_up(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON" and not name.startswith("PIP_")}
    return subprocess.run(
        ["sh", str(folder / "scripts" / "setup.sh"), *arguments],
        env=kept | _NO_INDEX | environment,  # no test may fetch anything, not even by mistake
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _write_executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _sentence(result: subprocess.CompletedProcess[str]) -> str:
    """What a failure said, which has to be one sentence."""
    assert result.returncode == 1, result
    assert "Traceback" not in result.stdout + result.stderr
    said = result.stderr.splitlines()
    assert len(said) == 1, result.stderr
    assert said[0].startswith("setup: ")
    assert said[0].endswith(".")
    return said[0]


@pytest.mark.parametrize("stream", ["1", "2"])
@pytest.mark.parametrize("version", ["2.7.18", "3.9.2", "3.10.12"])
def test_a_python_that_is_too_old_is_named_with_the_one_that_is_needed(copy: Path, version: str, stream: str) -> None:
    python = _write_executable(copy.parent / "old-python", f"echo 'Python {version}' >&{stream}")
    said = _sentence(_set_up(copy, "run", PYTHON=str(python)))
    assert version in said
    assert "3.11" in said
    assert str(python) in said
    assert not (copy / ".venv").exists()


def test_a_python_that_does_not_exist_is_named_with_the_version_that_is_needed(copy: Path) -> None:
    missing = copy.parent / "no-such-python"
    said = _sentence(_set_up(copy, "run", PYTHON=str(missing)))
    assert str(missing) in said
    assert "3.11" in said
    assert not (copy / ".venv").exists()


def test_what_is_no_python_is_named_with_the_version_that_is_needed(copy: Path) -> None:
    other = _write_executable(copy.parent / "other", "echo 'frobnicate 12.1'")
    said = _sentence(_set_up(copy, "run", PYTHON=str(other)))
    assert str(other) in said
    assert "3.11" in said


def test_a_python_without_venv_gets_the_package_that_brings_it(copy: Path) -> None:
    bare = _write_executable(copy.parent / "bare", '[ "$1" = --version ] && echo "Python 3.12.4"')
    said = _sentence(_set_up(copy, "run", PYTHON=str(bare)))
    assert str(bare) in said
    assert "python3-venv" in said


def test_without_a_network_every_run_says_so_and_none_counts_as_finished(copy: Path) -> None:
    for _ in range(2):
        said = _sentence(_set_up(copy, "run", PYTHON=sys.executable))
        assert "package index could not be reached" in said
        assert "network" in said
        assert (copy / ".venv" / "setup.log").is_file()
        assert not (copy / ".venv" / "upto-setup").exists()
        assert not (copy / ".venv.busy").exists()


def test_a_file_in_the_place_of_the_folder_is_named_and_left_alone(copy: Path) -> None:
    (copy / ".venv").write_text("precious")
    said = _sentence(_set_up(copy, "run", PYTHON=sys.executable))
    assert ".venv" in said
    assert "move it away" in said
    assert (copy / ".venv").read_text() == "precious"


@pytest.mark.parametrize("name", _LOCKED)
def test_a_checkout_that_lacks_a_file_is_called_incomplete(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert name in _sentence(_set_up(copy, "run", PYTHON=sys.executable))


@pytest.mark.parametrize("arguments", [(), ("",), ("everything",), ("run", "dev"), ("--help",)])
def test_an_argument_it_does_not_know_gets_the_usage(copy: Path, arguments: tuple[str, ...]) -> None:
    result = _set_up(copy, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "usage: scripts/setup.sh run|dev\n"
    assert not (copy / ".venv").exists()


def _finish(folder: Path, level: str) -> Path:
    """Leave what a finished setup leaves; the file that is returned appears if its Python is started."""
    started = folder / "started"
    _write_executable(folder / ".venv" / "bin" / "python", f"touch '{started}'; exit 1")
    sums = subprocess.run(["cksum", *_LOCKED], cwd=folder, capture_output=True, text=True, check=True).stdout
    (folder / ".venv" / "upto-setup").write_text(f"{level}\n/usr/bin/python3.12 3.12.4\n{sums}{folder.resolve()}\n")
    return started


def _tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize(("installed", "asked"), [("run", "run"), ("dev", "dev"), ("dev", "run")])
def test_a_finished_setup_is_left_as_it_is_without_a_word(copy: Path, installed: str, asked: str) -> None:
    started = _finish(copy, installed)
    before = _tree(copy)
    result = _set_up(copy, asked)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert _tree(copy) == before
    assert not started.exists()


@pytest.mark.parametrize("change", ["level", "lock", "place", "interpreter"])
def test_a_setup_of_something_else_is_not_taken_for_finished(copy: Path, change: str) -> None:
    _finish(copy, "run")
    asked = "run"
    if change == "level":
        asked = "dev"
    elif change == "lock":
        with (copy / "requirements.lock").open("a") as lock:
            lock.write("# changed\n")
    elif change == "place":
        copy = copy.rename(copy.parent / "elsewhere")
    else:
        (copy / ".venv" / "bin" / "python").unlink()
    old = _write_executable(copy.parent / "old-python", "echo 'Python 3.9.2'")  # stops it as soon as it begins
    assert "3.9.2" in _sentence(_set_up(copy, asked, PYTHON=str(old)))


def test_a_setup_moved_to_a_folder_of_the_same_name_is_made_anew(copy: Path) -> None:
    _finish(copy, "run")
    real = Path(sys.executable).resolve()
    version = ".".join(map(str, sys.version_info[:3]))
    stamp = copy / ".venv" / "upto-setup"
    sums = "\n".join(stamp.read_text().splitlines()[2:-1])
    stamp.write_text(f"run\n{real} {version}\n{sums}\n/elsewhere/{copy.name}\n")
    assert "package index could not be reached" in _sentence(_set_up(copy, "run", PYTHON=sys.executable))
    assert not (copy / ".venv" / "bin" / "python").read_bytes().startswith(b"#!/bin/sh")  # the old one is gone


def test_a_setup_that_was_killed_is_not_waited_for(copy: Path) -> None:
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    (copy / ".venv.busy").symlink_to(ended)
    result = _set_up(copy, "run", PYTHON=sys.executable)
    assert "package index could not be reached" in _sentence(result)
    assert "Waiting" not in result.stdout
    assert not (copy / ".venv.busy").is_symlink()


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    with TemporaryDirectory() as name:  # not pytest's own, which only its owner may enter
        folder = Path(name)
        (folder / "scripts").mkdir()
        shutil.copy(_ROOT / "scripts" / "setup.sh", folder / "scripts")
        for file in _LOCKED:
            shutil.copy(_ROOT / file, folder)
        folder.chmod(0o555)
        nobody = 65534 if os.getuid() == 0 else None  # mode bits do not bind root
        result = subprocess.run(
            ["sh", str(folder / "scripts" / "setup.sh"), "run"],
            env={"PATH": "/usr/bin:/bin", "PYTHON": shutil.which("python3", path="/usr/bin:/bin") or sys.executable},
            user=nobody,
            capture_output=True,
            text=True,
            check=False,
        )
        folder.chmod(0o755)
        assert f"{folder.resolve()} cannot be written to" in _sentence(result)
