"""Hostile assignment files are refused quickly, with a reason and the place."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.assignments import read_source
from app.checking import lint
from app.language import render
from tests.app.planted import HW3

_SECONDS = 1.0


def _changed(before: str, after: str) -> bytes:
    assert before in HW3
    return HW3.replace(before, after).encode()


_LAUGHS = b'a: &a ["lol", "lol"]\n' + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9)) for name in range(98, 115)
)
_ROWS = "".join(f"      [{row}.0, {row}.5],\n" for row in range(2000))
HOSTILE: dict[str, tuple[str, bytes]] = {
    "anchors that explode": ("anchor", _LAUGHS),
    "an alias": ("anchor", b"a: *b\n"),
    "a merge key": ("anchor", b"a: {<<: {b: 1}}\n"),
    "a tag that runs": ("tag", b'a: !!python/object/apply:os.system ["ls"]\n'),
    "a harmless tag": ("tag", b"a: !!str x\n"),
    "50 MB": ("too_large", b'a: "' + b"x" * 50_000_000 + b'"\n'),
    "deep lists": ("too_deep", b"[" * 500_000),
    "deep keys": ("too_deep", b"{a: " * 200_000),
    "deep blocks": ("too_deep", b"- " * 500_000),
    "a list of 500,000": ("too_large", b"a: [" + b"1," * 500_000 + b"]\n"),
    "100,000 keys": ("too_large", b"".join(b"k%d: 1\n" % key for key in range(100_000))),
    "a key 24,000 times": ("duplicate_key", b"a: 1\n" * 24_000),
    "12,000 questions": ("too_large", b"questions:\n" + b"- {id: x}\n" * 12_000),
    "a number of a million digits": ("not_allowed", b"points: " + b"9" * 1_000_000),
    "a number in base 60": ("not_allowed", b"points: 1" + b":59" * 300_000),
    "a date that is none": ("not_allowed", b"policy: {due_at: 2026-13-45}\n"),
    "NUL": ("not_yaml", b"a: \x00"),
    "bytes": ("not_yaml", bytes(range(256)) * 4000),
    "not UTF-8": ("not_yaml", b"a: \xff\xfe"),
    "quotation marks": ("not_yaml", b'"' * 1_000_000),
    "two documents": ("not_yaml", b"---\na: 1\n---\nb: 1\n"),
    "comments alone": ("empty", b"#\n" * 500_000),
    "nothing": ("empty", b""),
    "a list": ("wrong_type", b"[1, 2]"),
    "an axis of 2,000": ("too_large", _changed("    x: [\n      [5.0, 0.5]", f"    x: [\n{_ROWS}      [5.0, 0.5]")),
    "a shape of 62 billion": ("too_large", _changed("{shape: [24, 4]", "{shape: [500, 500, 500, 500]")),
    "a graph of 100 million": ("too_large", _changed("n_vertices: 10\n", "n_vertices: 100000000\n")),
    "a billion steps": ("too_large", _changed("options: {assignment: hard}", "options: {max_iter: 1000000000}")),
    "1e999": ("not_finite", _changed("    s2: 0.5\n", "    s2: 1.0e+999\n")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_quickly_with_a_reason(name: str) -> None:
    code, source = HOSTILE[name]
    lint(b"a: 1")  # everything loaded
    began = time.process_time()
    linted = lint(source)
    took = time.process_time() - began
    assert code in [one.code for one in linted.findings]
    assert linted.assignment is None
    assert all(one.line is not None and render(one.message, "zh-TW") for one in linted.findings)
    assert len(linted.findings) <= 100
    assert took < _SECONDS


@pytest.mark.parametrize("again", ["{}", "[]", "null", "text", "[{id: a}]"])
def test_a_fault_in_a_key_that_is_there_twice_has_its_place(again: str) -> None:
    source = f"questions:\n  - {{id: a}}\n  - {{points: 2026-13-45}}\nquestions: {again}\n"
    findings = lint(source.encode()).findings
    assert {"duplicate_key", "not_allowed"} <= {one.code for one in findings}
    assert [one.pointer for one in findings if one.code == "not_allowed"] == ["/questions/1/points"]


def test_homework_3_has_wide_room() -> None:
    source = HW3.encode()
    assert len(source) * 10 < 1 << 20
    assert read_source(source).faults == ()


def test_data_that_would_take_minutes_are_refused_before_they_are_solved() -> None:
    wide = "[" + ", ".join("[" + ", ".join(f"{(7 * i * j) % 11}.5" for j in range(450)) + "]" for i in range(20)) + "]"
    start = HW3.index("  samples: [")
    stop = HW3.index("  n_vertices")
    questions = HW3[HW3.index("questions:\n") :]
    first = questions[len("questions:\n") : questions.index('  - id: "1.2"')]
    many = "".join(first.replace('id: "1.1"', f'id: "{number}"') for number in range(30))
    source = HW3[:start] + f"  samples: {wide}\n" + HW3[stop : HW3.index("questions:\n")] + "questions:\n" + many
    linted = lint(source.encode())
    assert "too_large" in [one.code for one in linted.findings]


@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="{}[]:-,?&*!|>'\"%@ \n0a.eé", max_size=80).map(str.encode))
def test_any_bytes_are_answered(source: bytes) -> None:
    assert lint(source).findings


_WORDS = st.sampled_from(
    ["format", "slug", "questions", "id", "truth", "inputs", "data", "fields", "shape", "mistakes"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.dictionaries(_WORDS, _VALUES, max_size=5))
def test_any_document_is_answered(document: dict[str, object]) -> None:
    import yaml

    assert lint(yaml.safe_dump(document, allow_unicode=True).encode()).findings


@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.integers(0, len(HW3.split("\n")) - 1), st.sampled_from(["", "x", "    y: 1", "- 1", "  id: a"]))
def test_homework_3_with_a_line_spoilt_is_answered(line: int, instead: str) -> None:
    lines = HW3.split("\n")
    lines[line] = instead
    linted = lint("\n".join(lines).encode())
    assert linted.findings or linted.assignment is not None
