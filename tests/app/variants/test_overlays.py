"""The overlays draw whatever the shipped files hold, in the same shapes, and ask for figures that there are."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from app.assignments import Assignment
from app.assignments.references import look_up
from app.checking import findings, prepare
from reference import GENERATORS

_HERE = Path(__file__).parent
_SHIPPED = _HERE.parents[2] / "app" / "assignments"
overlays = pytest.mark.parametrize("slug", ["hw3", "practice"])


def _variants(slug: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((_HERE / f"{slug}.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = read["variants"]
    return found


def _document(slug: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((_SHIPPED / f"{slug}.yaml").read_text(encoding="utf-8"))
    return read


def _drawn(slug: str, seed: int) -> dict[str, Any]:
    """Values by dotted name, with one random stream for each draw."""
    draws = _variants(slug)["draws"]
    values = {}
    for one, stream in zip(draws, np.random.SeedSequence(seed).spawn(len(draws)), strict=True):
        record = GENERATORS[one["generator"]](np.random.default_rng(stream), **one["options"])
        for name, figure in one["gives"].items():
            values[name] = np.asarray(getattr(record, figure)).tolist()
    return values


def _laid_over(slug: str, seed: int) -> Assignment:
    document = copy.deepcopy(_document(slug))
    for name, value in _drawn(slug, seed).items():
        *path, last = name.split(".")
        look_up(document, ".".join(["data", *path]))[last] = value
    return Assignment.model_validate(document).stamped(f"drawn-{seed}")


def _names(data: dict[str, Any], before: str = "") -> set[str]:
    return {
        name
        for key, value in data.items()
        for name in (_names(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}"})
    }


@overlays
@pytest.mark.parametrize("seed", range(3))
def test_every_datum_is_drawn_in_the_shape_that_it_has(slug: str, seed: int) -> None:
    shipped = _document(slug)["data"]
    drawn = _drawn(slug, seed)
    assert _names(shipped) - set(drawn) == ({"n_vertices"} if slug == "hw3" else set())
    assert all(np.shape(value) == np.shape(look_up(shipped, name)) for name, value in drawn.items())
    assert json.loads(json.dumps(drawn)) == drawn


@overlays
def test_conditions_name_figures_of_solutions(slug: str) -> None:
    plan = prepare(_laid_over(slug, 0))
    for condition in _variants(slug)["conditions"]:
        record = plan.run(plan.questions[condition["question"]].node(None))
        values = np.ravel(getattr(record, condition["output"]))
        assert np.isfinite(values).all()
        assert max(condition.get("between", [1])) <= len(values)
        assert {"at_least", "at_most"} & set(condition)


@pytest.mark.parametrize(("slug", "seed"), [("hw3", 0), ("practice", 2)])
def test_a_drawn_assignment_grades_as_the_shipped_one_does(slug: str, seed: int) -> None:
    assert findings(_laid_over(slug, seed)) == []


def test_a_draw_on_which_a_mistake_is_right_is_found() -> None:
    found = findings(_laid_over("practice", 3))
    assert [(one.code, one.question) for one in found] == [("like_truth", "6.2")]
