"""Which locked dependencies have newer releases: ``make outdated`` asks uv, which resolves the locks too.

Each is asked for by itself, so that a release is seen also where something else that is locked holds it back. pip is
not asked: where no index answers, its list of what is outdated is empty.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Behind", "find_behind", "find_newest", "main", "read_direct", "read_pins", "table"]

_ROOT = Path(__file__).parents[1]
_TOOLS = "requirements-ci.lock"  # written by hand: what it names is all direct
_LOCKS = ("requirements.lock", "requirements-dev.lock", _TOOLS)
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_ASK = ("pip", "compile", "--universal", "--no-deps", "--python-version", "3.11", "--no-header", "--no-annotate", "-q")
_REMEDY = "'pip install uv' in an environment of its own brings it."
_HEADINGS = ("name", "locked", "newest", "direct")

Pins = Mapping[str, Sequence[str]]


class Behind(NamedTuple):
    """A dependency with a newer release.

    Parameters
    ----------
    name : str
    locked, newest : str
        Versions; several, with commas, where they differ between versions of Python.
    direct : bool
        Whether the project itself names it, and not only what it depends on.
    """

    name: str
    locked: str
    newest: str
    direct: bool


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(lock: str) -> dict[str, list[str]]:
    """The versions of each name in the text of a lock, in its order."""
    pins: dict[str, list[str]] = {}
    for name, version in _PIN.findall(lock):
        versions = pins.setdefault(_normal(name), [])
        if version not in versions:
            versions.append(version)
    return pins


def read_direct(pyproject: str) -> set[str]:
    """The names that the text of a ``pyproject.toml`` asks for, those of its extras included."""
    project = tomllib.loads(pyproject)["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return {_normal(found.group()) for one in asked if (found := _NAME.match(one))}


def find_newest(names: Iterable[str], options: Sequence[str] = ()) -> dict[str, list[str]]:
    """Ask uv for the newest release of each name that some supported Python can take.

    Raises
    ------
    FileNotFoundError
        Where there is no uv.
    subprocess.CalledProcessError
        Where it gets no answer.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise FileNotFoundError("uv")
    done = subprocess.run(  # noqa: S603 - the names are those of the locks
        [uv, *_ASK, *options, "-"], input="\n".join(names), capture_output=True, text=True, check=True
    )
    return read_pins(done.stdout)


def find_behind(locked: Pins, newest: Pins, direct: set[str]) -> list[Behind]:
    """Those of which a newer release exists than one that is locked, the direct ones first.

    What uv finds for a version of Python that no longer gets new releases is no newer one.
    """
    rows = []
    for name, versions in locked.items():
        oldest = min(map(_order, versions))
        found = [one for one in newest.get(name, ()) if one in versions or _order(one) > oldest]
        if not set(found) <= set(versions):
            rows.append(Behind(name, ", ".join(versions), ", ".join(found), name in direct))
    return sorted(rows, key=lambda row: (not row.direct, row.name))


def _order(version: str) -> list[int]:
    """Final releases in their order; the locks hold no others."""
    return [int(part) for part in re.findall(r"[0-9]+", version)]


def table(rows: Sequence[Behind]) -> str:
    """The rows in columns under their headings."""
    cells = [_HEADINGS, *((row.name, row.locked, row.newest, "yes" if row.direct else "no") for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in cells
    )


def main(options: Sequence[str]) -> int:
    """Print what is behind.

    Parameters
    ----------
    options : sequence of str
        Passed on to uv.

    Returns
    -------
    int
        0, whatever is behind; 1 where nobody could be asked.
    """
    texts = {name: (_ROOT / name).read_text(encoding="utf-8") for name in _LOCKS}
    locked = read_pins("\n".join(texts.values()))
    direct = read_direct((_ROOT / "pyproject.toml").read_text(encoding="utf-8")) | read_pins(texts[_TOOLS]).keys()
    try:
        newest = find_newest(locked, options)
    except FileNotFoundError:
        return _fail(f"uv asks for the newest releases, and it is not on the PATH; {_REMEDY}")
    except subprocess.CalledProcessError as error:
        said = next(iter(str(error.stderr).strip().splitlines()), "no reason given").removeprefix("error: ")
        return _fail(f"uv got no answer about newer releases ({said}); is there a network?")
    rows = find_behind(locked, newest, direct)
    if rows:
        sys.stdout.write(table(rows) + "\n")
    unknown = sorted(locked.keys() - newest.keys())
    if unknown:
        sys.stdout.write(f"Nothing was said of {', '.join(unknown)}.\n")
    sys.stdout.write(f"{len(rows)} of {len(locked)} locked dependencies are behind.\n")
    return 0


def _fail(sentence: str) -> int:
    sys.stderr.write(f"make outdated: {sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
