"""What the repository holds: no address of a registry, no path of one machine, and locks that vouch for every byte."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-ci.lock")
# Put together here, or this file would hold them.
_REGISTRIES = ["".join(parts) for parts in (("py", "pi.org"), ("python", "hosted"), ("npm", "js"), ("deb", ".debian"))]
# Where many a machine or image keeps things: naming one of these gives nobody away.
_COMMON = {"/", "/app", "/data", "/home", "/mnt", "/opt", "/opt/upto", "/root", "/src", "/srv", "/tmp", "/usr", "/var"}  # noqa: S108


def _untracked_too() -> Iterator[Path]:
    """Every file but the ignored ones, for a copy that is no repository."""
    ignored = [line.rstrip("/") for line in (_ROOT / ".gitignore").read_text().splitlines() if line] + [".git"]
    for folder, subfolders, names in os.walk(_ROOT):
        subfolders[:] = [one for one in subfolders if not any(fnmatch.fnmatch(one, glob) for glob in ignored)]
        yield from (Path(folder, one) for one in names if not any(fnmatch.fnmatch(one, glob) for glob in ignored))


@cache
def _texts() -> dict[str, str]:
    paths: list[Path] = []
    if (_ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=False).stdout
        paths = [_ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return {
        str(path.relative_to(_ROOT)): path.read_text(encoding="utf-8", errors="replace")
        for path in paths or _untracked_too()
        if path.is_file()
    }


def _holding(pattern: str) -> list[str]:
    found = re.compile(pattern, re.IGNORECASE)
    return [name for name, text in _texts().items() if found.search(text)]


def test_the_files_that_are_looked_through_are_the_projects_own() -> None:
    assert {"pyproject.toml", "scripts/setup.sh", *_LOCKS} <= _texts().keys()
    assert not [name for name in _texts() if name.startswith(".venv/")]


@pytest.mark.parametrize("registry", _REGISTRIES)
def test_no_file_names_a_package_registry(registry: str) -> None:
    assert _holding(re.escape(registry)) == []


def test_no_file_holds_a_path_of_this_machine() -> None:
    machine = {str(_ROOT), str(_ROOT.parent), str(_ROOT.resolve()), str(Path.home())} - _COMMON
    assert [(path, _holding(rf"(?<![\w.~/-]){re.escape(path)}(?![\w-])")) for path in machine] == [
        (path, []) for path in machine
    ]


def _requirements(lock: str) -> list[str]:
    """Each requirement with its continuation lines joined, comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (_ROOT / lock).read_text(), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("lock", _LOCKS)
def test_each_locked_requirement_is_one_version_with_its_hashes(lock: str) -> None:
    requirements = _requirements(lock)
    assert requirements
    form = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+( ; [^#]*?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    assert [one for one in requirements if not form.fullmatch(one)] == []


@pytest.mark.parametrize("lock", _LOCKS)
def test_no_lock_holds_an_address_or_an_option_for_pip(lock: str) -> None:
    assert "://" not in (_ROOT / lock).read_text()
    assert [one for one in _requirements(lock) if one.startswith("-") or " @ " in one] == []


def test_the_locks_agree_on_what_they_share() -> None:
    pins = {lock: dict(one.split()[0].split("==") for one in _requirements(lock)) for lock in _LOCKS[:2]}
    served, checked = pins.values()
    assert {name: checked.get(name) for name in served} == served
