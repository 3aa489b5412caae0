"""The format of assignment files is documented: a schema for editors, a reference, and a page whose examples work."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError
from starlette.testclient import TestClient

from app.assignments import (
    Input,
    Policy,
    SymmetrySpec,
    ToleranceSpec,
    parse_assignment,
    read_source,
    shipped_assignments,
    version_of,
)
from app.assignments.format_meanings import MEANINGS, meanings_of
from app.assignments.format_reference import format_reference
from app.assignments.format_schema import format_models, format_schema
from app.checking import GENERATOR_NAMES, SOLVER_NAMES, grade_lines, lint

Document = dict[str, Any]
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
STEPS = [part + "\n" for part in re.findall(r"^```yaml\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)]
FIRST_STEPS = "/api/v1/courses/ml/assignments/first-steps"
_ROW = re.compile(
    r"^\| (`(?P<sent>.*)`)? *\| (?P<question>\S+) \| (?P<verdict>\w+) \| (?P<points>.*?) \| (?P<matched>.*?) *\|$"
)


def _as_an_editor_sees(document: object) -> Document:
    """A document as JSON knows it: times are texts."""
    return cast(Document, json.loads(json.dumps(document, default=_time)))


def _time(moment: object) -> str:
    assert isinstance(moment, date)
    return moment.isoformat()


def _read(source: bytes) -> Document:
    return _as_an_editor_sees(read_source(source).document)


def _complaints(document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(format_schema()).iter_errors(document)]


def _with_typo(document: Document, *path: str | int) -> Document:
    """The document with one key written wrong."""
    changed = copy.deepcopy(document)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[f"{path[-1]}s"] = holder.pop(path[-1])
    return changed


def test_the_schema_is_one() -> None:
    schema = format_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("slug", ["hw3", "practice"])
def test_shipped_assignments_obey_the_schema(slug: str) -> None:
    assert _complaints(_read(shipped_assignments()[slug].read_bytes())) == []


@pytest.mark.parametrize(
    "path",
    [
        ("policy",),
        ("questions", 0, "conventions"),
        ("questions", 0, "truth", "options"),
        ("questions", 0, "truth", "inputs", "X", "data"),
        ("questions", 0, "symmetry", "spectrum"),
        ("questions", 0, "fields", "axes", "moves", "axes"),
        ("questions", 0, "mistakes", 0, "hint", "zh-TW"),
    ],
)
def test_a_typo_in_a_key_does_not(path: tuple[str | int, ...]) -> None:
    assert _complaints(_with_typo(_read(shipped_assignments()["hw3"].read_bytes()), *path))


@pytest.mark.parametrize(
    ("key", "name"), [("data", "two words"), ("data", "1st"), ("fields", "b-c"), ("options", "a.b")]
)
def test_what_is_no_name_does_not(key: str, name: str) -> None:
    document = _read(shipped_assignments()["hw3"].read_bytes())
    question = document["questions"][0]
    holder = {"data": document["data"], "fields": question["fields"], "options": question["truth"]["options"]}[key]
    assert _complaints(document) == []
    holder[name] = next(iter(holder.values()))
    assert _complaints(document)


TOLERANCES = [
    {},
    {"decimals": 3},
    {"decimals": 3, "atol": 0.1},
    {"decimals": None, "atol": 0.1},
    {"atol": 0.1, "rtol": 0.1},
    {"atol": -0.1},
    {"exact": True},
    {"exact": False},
    {"decimals": 13},
    {"decimals": 2.5},
    {"decimal": 3},
    {"standard_errors": 3},
    {"standard_errors": 3, "rtol": 0.1},
]
INPUTS = [
    {},
    {"data": "X"},
    {"data": None},
    {"value": None},
    {"value": [[1, 2]]},
    {"data": "X", "value": 1},
    {"question": "1"},
    {"question": "1", "field": "axes"},
    {"question": "1", "field": "axes", "under": "slip"},
    {"field": "axes"},
    {"field": "axes", "under": "slip"},
    {"field": "axes", "data": "X"},
    {"question": "1", "data": "X"},
    {"question": 1, "field": "axes"},
]
SYMMETRIES = [
    {},
    {"group": "signs"},
    {"same_as": "1"},
    {"group": "signs", "same_as": "1"},
    {"group": "sign"},
    {"group": "signs", "spectrum": "s"},
    {"group": "signed_order"},
    {"group": "signed_order", "spectrum": "s"},
    {"group": "signed_order", "spectrum": "s", "matrix": "C"},
    {"group": "rotation", "spectrum": "s"},
    {"group": "rotation", "matrix": "C"},
    {"group": "span", "pinned": []},
    {"group": "span", "pinned": [0]},
    {"group": "relabelling", "pinned": [0]},
    {"same_as": "1", "spectrum": "s"},
]
POLICIES = [
    {},
    {"counts": "best"},
    {"counts": "first"},
    {"attempts": 0},
    {"attempts": None},
    {"opens": None},
    {"due_at": "2026-12-01"},
    {"due_at": "2026-12-01 23:59"},
    {"due_at": "2026-12-01T23:59:59.5+08:00"},
    {"due_at": "2026-12-01 23:59 +08:00"},
    {"due_at": "soon"},
    {"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": 0.5}},
    {"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": 0}},
    {"due_at": "2026-12-01", "late": {"rule": "lenient"}},
    {"feedback": {"before": "score"}},
    {"feedback": {"before": "little"}},
]


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (model, document)
        for model, documents in (
            (ToleranceSpec, TOLERANCES),
            (Input, INPUTS),
            (SymmetrySpec, SYMMETRIES),
            (Policy, POLICIES),
        )
        for document in documents
    ],
)
def test_the_schema_and_the_models_agree(model: type[BaseModel], document: dict[str, object]) -> None:
    try:
        model.model_validate(document)
        valid = True
    except ValidationError:
        valid = False
    schema = format_schema()
    part = {"$ref": f"#/$defs/{model.__name__}", "$defs": schema["$defs"]}
    assert Draft202012Validator(part).is_valid(document) == valid


def test_every_key_has_one_meaning() -> None:
    names = {model.__name__ for model in format_models()}
    assert set(MEANINGS) <= names
    for model in format_models():
        keys = {field.alias or name for name, field in model.model_fields.items()}
        assert set(MEANINGS.get(model.__name__, {})) <= keys
        meanings = meanings_of(model)
        assert set(meanings) == keys
        for key, meaning in MEANINGS.get(model.__name__, {}).items():
            assert meanings[key] == meaning, f"the docstring of {model.__name__}.{key} says something else"


def test_the_reference_is_what_the_models_say() -> None:
    written = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    assert written == format_reference(), "python -m app.assignments.format_reference > docs/format.md"


def test_the_reference_names_every_part_and_key() -> None:
    page = format_reference()
    for model in format_models():
        assert f"\n## {model.__name__}\n" in page
    for name in re.findall(r"\]\(#(\w+)\)", page):
        assert f"\n## {name}\n" in page.lower()


def test_the_schema_is_printed(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("upto")), "schema"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True, cwd=tmp_path)
    assert json.loads(done.stdout) == format_schema(SOLVER_NAMES, GENERATOR_NAMES)


def test_the_schema_is_served_without_a_token(client_of: Callable[[str | None], TestClient]) -> None:
    client = client_of(None)
    response = client.get("/api/v1/assignment-schema")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/schema+json"
    assert response.json() == format_schema(SOLVER_NAMES, GENERATOR_NAMES)
    operation = client.get("/openapi.json").json()["paths"]["/api/v1/assignment-schema"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["application/schema+json"]
    assert "security" not in operation


def _rows() -> Iterator[tuple[int, str, str, str, str, str]]:
    """The rows of the tables: the step, what is sent, and what is said of a question."""
    step, sent = -1, ""
    for line in PAGE.splitlines():
        step += line == "```yaml"
        row = _ROW.match(line)
        if row:
            sent = row["sent"] or sent
            yield step, sent, row["question"], row["verdict"], row["points"], row["matched"].strip("`")


def test_the_page_teaches_by_one_growing_example() -> None:
    ids = [[question.id for question in parse_assignment(step.encode()).questions] for step in STEPS]
    assert len(ids) == 5
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(ids))
    assert {row[0] for row in _rows()} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_every_step_of_the_page_is_clean(step: int) -> None:
    source = STEPS[step].encode()
    assert lint(source).findings == ()
    assert _complaints(_read(source)) == []


def test_the_page_draws_data_for_its_example() -> None:
    (fragment,) = re.findall(r"^```yml\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    linted = lint(f"{STEPS[-1]}\n{fragment}\n".encode())
    assert linted.findings == ()
    assert linted.assignment is not None
    assert linted.assignment.variants is not None
    assert linted.assignment.variants.names == ("samples", "heights")
    assert linted.draws[1] >= 2


@pytest.mark.parametrize(("step", "sent", "question", "verdict", "points", "matched"), list(_rows()))
def test_every_step_grades_as_the_page_says(
    step: int, sent: str, question: str, verdict: str, points: str, matched: str
) -> None:
    assignment = parse_assignment(STEPS[step].encode())
    line = json.dumps({"student": "b1", "answers": json.loads(sent)}).encode()
    report = json.loads(grade_lines(assignment, [line], "en"))["questions"][question]
    assert report["verdict"] == verdict
    assert f"{report['score']:g} of {report['max_score']:g}" == points
    assert (report["matched"] or "") == matched


def test_what_the_page_calls_refused_is() -> None:
    refused = re.findall(r"^`(\{.*\})` has the wrong shape", PAGE, re.MULTILINE)
    assert len(refused) == 1
    line = json.dumps({"student": "b1", "answers": json.loads(refused[0])}).encode()
    assert json.loads(grade_lines(parse_assignment(STEPS[1].encode()), [line], "en"))["status"] == 422


def test_the_steps_are_uploaded_compared_and_published_as_the_page_says(staff: TestClient) -> None:
    old, new = (version_of(step.encode()) for step in STEPS[2:4])
    headers = {"Content-Type": "application/yaml"}
    first = staff.put(FIRST_STEPS, content=STEPS[2].encode(), headers=headers)
    assert (first.status_code, first.json()) == (201, {"version": old, "state": "published"})
    second = staff.put(f"{FIRST_STEPS}?reason=clearer+words", content=STEPS[3].encode(), headers=headers)
    assert (second.status_code, second.json()) == (201, {"version": new, "state": "draft"})
    assert [one["version"] for one in staff.get(f"{FIRST_STEPS}/versions").json()["items"]] == [new, old]
    difference = staff.get(f"{FIRST_STEPS}/versions/{new}/difference", params={"since": old}).json()["difference"]
    assert "\n+rounded: 0.25\n" in difference
    published = staff.post(f"{FIRST_STEPS}/versions/{new}/publish")
    assert published.json() == {"version": new, "state": "published"}
