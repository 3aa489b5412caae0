"""``docs/security.md``: every test that it names exists, a row without one says so, and no requirement is left out."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_CITED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_NONE = "no test"
_STATES = ("met", "partly", "not met", "n/a")
# How many requirements of levels 1 and 2 there are in each section of the chapters V2, V5, V6, V7 and V8 of ASVS 5.0.0;
# those of level 3 come last in each.
_SECTIONS = {
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
}  # fmt: skip
_WANTED = [f"{section}.{number}" for section, count in _SECTIONS.items() for number in range(1, count + 1)]


@cache
def _tests_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _missing(page: str) -> list[str]:
    """The tests that a page names and that are not there."""
    return [
        f"{file}::{name}" if name else file
        for file, name in _CITED.findall(page)
        if not (_ROOT / file).is_file() or (name and name not in _tests_in(_ROOT / file))
    ]


def _rows(page: str, heading: str) -> list[list[str]]:
    """The cells of each row of the tables whose heading ends so."""
    rows: list[list[str]] = []
    inside = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            inside = False
        elif cells[-1] == heading:
            inside = True
        elif inside and set(cells[-1]) != {"-"}:
            rows.append(cells)
    return rows


def _silent(rows: list[list[str]]) -> list[str]:
    """The rows that name no test and do not say so; what does not apply needs none."""
    return [row[0] for row in rows if not (_CITED.search(row[-1]) or row[-1].endswith(_NONE) or _NONE + ";" in row[-1])]


def _numbers(said: str) -> list[str]:
    first, _, last = said.partition(" to ")
    section, _, start = first.rpartition(".")
    return [f"{section}.{number}" for number in range(int(start), int((last or first).rpartition(".")[2]) + 1)]


def test_every_test_that_is_named_exists() -> None:
    assert len(_CITED.findall(_PAGE)) > 100
    assert _missing(_PAGE) == []


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("`tests/house/test_security_page.py::test_every_test_that_is_named_exists`", []),
        ("`tests/house/test_security_page.py::test_that_was_renamed`", 1),
        ("`tests/house/test_that_was_moved.py::test_every_test_that_is_named_exists`", 1),
        ("`tests/house/test_that_was_moved.py`", 1),
    ],
)
def test_one_that_does_not_exist_is_noticed(said: str, missing: object) -> None:
    assert _missing(said) == ([said.strip("`")] if missing else [])


def test_every_attack_has_a_test_or_says_that_it_has_none() -> None:
    rows = _rows(_PAGE, "shown by")
    assert len(rows) > 30
    assert _silent(rows) == []
    assert _silent([["a", "b", "somebody says so"], ["c", "d", "no test"]]) == ["a"]


def test_every_requirement_has_a_row_with_its_state_and_its_test() -> None:
    rows = _rows(_PAGE, "why, and shown by")
    assert [number for row in rows for number in _numbers(row[0])] == _WANTED
    assert {row[2] for row in rows} <= set(_STATES)
    assert _silent([row for row in rows if row[2] != "n/a"]) == []


def test_the_page_counts_right() -> None:
    counts = Counter(row[2] for row in _rows(_PAGE, "why, and shown by") for _ in _numbers(row[0]))
    met, partly, not_met, other = (counts[state] for state in _STATES)
    said = f"Of {len(_WANTED)}, {met} are met, {partly} partly, {not_met} not; {other} do not apply (n/a)."
    assert said in " ".join(_PAGE.split())


def test_readers_are_led_there() -> None:
    assert "(docs/security.md)" in (_ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/security.md)" in (_ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "(../SECURITY.md)" in _PAGE
