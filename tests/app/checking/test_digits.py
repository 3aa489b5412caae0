"""Digits as sent: fewer than asked are named, cut off ones too, and a right answer may show as many as it likes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from app.assignments import Assignment
from tests.app.checking.grading import codes, grade, rotation, summary
from tests.app.support import Array, hw3, true_fields

HALF = ("partial", 0.5, "truth")
NOTHING = ("incorrect", 0.0, None)


def cut(value: Array, decimals: int) -> Array:
    return np.asarray(np.trunc(value * 10**decimals) / 10**decimals)


@pytest.mark.parametrize("decimals", [1, 2])
def test_axes_rounded_to_fewer_decimals_earn_half_and_are_told_so(decimals: int) -> None:
    axes = true_fields("1.1")["axes"][:, [1, 0, 2]] * np.array([1, -1, 1])
    for sent in (np.round(axes, decimals), np.round(axes, decimals).T):
        report = grade({"1.1": sent})["1.1"]
        assert report["verdict"] == "partial"
        assert report["score"] == 0.1
        assert "rounded" in codes(report)
        said = next(one for one in report["feedback"] if one["code"] == "rounded")
        assert said["parameters"] == {"field": "axes", "decimals": str(decimals), "asked": "3"}
    wrong = np.round(axes, decimals)
    wrong[0, 0] += 10.0**-decimals
    assert summary(grade({"1.1": wrong})["1.1"]) == NOTHING


@pytest.mark.parametrize("decimals", [1, 2])
def test_an_embedding_turned_and_rounded_to_fewer_decimals_earns_half(decimals: int) -> None:
    rng = np.random.default_rng(3)
    psi = true_fields("3.3")["Psi"]
    for _ in range(20):
        assert summary(grade({"3.3": np.round(psi @ rotation(rng), decimals)})["3.3"]) == HALF


def test_a_rounded_field_costs_its_own_share_only() -> None:
    right = {name: np.round(value, 3) for name, value in true_fields("4.1n").items()}
    report = grade({"4.1n": {**right, "mu": np.round(true_fields("4.1n")["mu"], 1)}})["4.1n"]
    assert summary(report) == ("partial", round(2.5 / 3, 6), "truth")
    assert report["fields"]["mu"]["verdict"] == "partial"
    assert report["fields"]["pi"]["verdict"] == report["fields"]["Sigma"]["verdict"] == "correct"


def test_what_rounds_to_whole_numbers_or_to_nothing_earns_nothing() -> None:
    axes = true_fields("1.1")["axes"]
    assert summary(grade({"1.1": np.round(axes)})["1.1"]) == NOTHING
    assert summary(grade({"1.3": 5})["1.3"]) == NOTHING
    assert summary(grade({"3.3": np.zeros((10, 3))})["3.3"]) == NOTHING
    assert summary(grade({"3.3": "\n".join(["0.0 0.0 0.1"] * 10)})["3.3"]) == NOTHING


def test_a_rounding_that_loses_the_rank_earns_nothing() -> None:
    document = _one_field([[0.26, 0.34], [0.31, 0.33]], {"decimals": 3})
    assert summary(grade({"q": [[0.3, 0.3], [0.3, 0.3]]}, document)["q"]) == NOTHING
    assert summary(grade({"q": [[0.26, 0.34], [0.31, 0.33]]}, document)["q"]) == ("correct", 1.0, "truth")
    kept = _one_field([[0.26, 0.34], [0.41, 0.33]], {"decimals": 3})
    assert summary(grade({"q": [[0.3, 0.3], [0.4, 0.3]]}, kept)["q"]) == HALF
    zero = _one_field([[0.26, 0.04], [0.41, 0.03]], {"decimals": 3})
    assert summary(grade({"q": [["0.3", "0.0"], ["0.4", "0.0"]]}, zero)["q"]) == NOTHING


def _one_field(value: Any, tolerance: dict[str, Any]) -> Assignment:  # noqa: ANN401 - nested lists
    """An assignment with one literal expected value (the identity solver here is a projection along the unit axes)."""
    rows = np.atleast_2d(np.array(value, dtype=float))
    title = {"en": "A question", "zh-TW": "一個問題"}
    question = {
        "id": "q",
        "title": title,
        "prompt": title,
        "points": 1,
        "tolerance": tolerance,
        "truth": {
            "solver": "pca.project",
            "inputs": {"X": {"value": rows.tolist()}, "axes": {"value": np.eye(rows.shape[1]).tolist()}},
            "options": {"center": False},
        },
        "fields": {"components": {"shape": list(rows.shape)}},
    }
    document = {
        "format": 1,
        "slug": "one",
        "title": title,
        "points": 1,
        "tolerance": {"decimals": 3},
        "questions": [question],
    }
    return Assignment.model_validate(document).stamped(json.dumps(document, sort_keys=True))


def test_trailing_zeros_that_json_drops_cost_nothing() -> None:
    assignment = _one_field([[0.2, 0.3002]], {"decimals": 3})
    assert summary(grade({"q": [[0.2, 0.3]]}, assignment)["q"]) == ("correct", 1.0, "truth")
    assert summary(grade({"q": [["0.200", "0.300"]]}, assignment)["q"]) == ("correct", 1.0, "truth")


def test_more_digits_are_always_welcome() -> None:
    axes = true_fields("1.1")["axes"]
    for decimals in (3, 4, 8, 15, 17):
        text = "; ".join(" ".join(f"{entry:.{decimals}f}" for entry in row) for row in axes)
        assert summary(grade({"1.1": f"[{text}]"})["1.1"]) == ("correct", 1.0, "truth")


def test_digits_cut_off_instead_of_rounded_are_named() -> None:
    axes = true_fields("1.1")["axes"] * np.array([-1, 1, 1])
    report = grade({"1.1": cut(axes, 3)})["1.1"]
    assert summary(report) == HALF
    assert "cut_off" in codes(report)
    near = cut(axes, 3)
    near[0, 0] += 1e-3  # neither cut off nor rounded, and as close to the truth
    assert abs(near[0, 0] - axes[0, 0]) < 2e-3
    if abs(near[0, 0] - axes[0, 0]) > 5e-4:
        assert summary(grade({"1.1": near})["1.1"]) == NOTHING
    assert summary(grade({"3.3": cut(true_fields("3.3")["Psi"], 3)})["3.3"]) == HALF


def test_a_declared_mistake_goes_before_a_rounding() -> None:
    report = grade({"1.3": "1.8"})["1.3"]
    assert report["matched"] != "mean_over_entries"
    assert grade({"1.3": 2.339})["1.3"]["matched"] == "square_root"
    pi = np.round(true_fields("4.1n")["pi"] * 20 / 24, 3)
    rest = {name: np.round(true_fields("4.1n")[name], 3) for name in ("mu", "Sigma")}
    assert grade({"4.1n": {"pi": pi, **rest}})["4.1n"]["matched"] == "pi_over_all_samples"


@pytest.mark.parametrize(
    ("tolerance", "truth", "sent", "right"),
    [
        ({"significant": 3}, 1234.0, 1230, True),
        ({"significant": 3}, 1234.0, 1240, False),
        ({"significant": 3}, 5e-9, 1e-9, False),
        ({"rtol": 1e-3}, 5e-9, 1e-9, False),
        ({"rtol": 1e-3}, 5e-9, 5.004e-9, True),
        ({"significant": 3}, 0.0, 1e-17, True),
        ({"rtol": 1e-3}, 0.0, 1e-17, True),
        ({"significant": 3}, 0.0, 1e-9, False),
        ({"decimals": 3}, 0.0, 4e-4, True),
        ({"atol": 0.1}, 15.8, 15.9, True),
        ({"atol": 0.1}, 15.8, 15.90000001, False),
        ({"atol": 0.1, "rtol": 0.01}, 100.0, 101.0, True),
        ({"atol": 0.1, "rtol": 0.01}, 100.0, 101.01, False),
        ({"exact": True}, 3.0, 3, True),
        ({"exact": True}, 3.0, 3.000001, False),
    ],
)
def test_every_tolerance_at_its_edge(tolerance: dict[str, Any], truth: float, sent: float, right: bool) -> None:
    verdict = grade({"q": [[sent]]}, _one_field([[truth]], tolerance))["q"]["verdict"]
    assert (verdict == "correct") is right


def test_entries_are_compared_one_by_one_and_not_by_a_norm() -> None:
    big = np.full((1, 40), 1000.0)
    assignment = _one_field(big, {"decimals": 3})
    sent = big.copy()
    sent[0, 7] += 6e-4  # far below any norm's tolerance, beyond the entry's
    report = grade({"q": sent}, assignment)["q"]
    assert report["verdict"] == "incorrect"
    assert report["fields"]["components"]["worst"] is not None
    assert report["fields"]["components"]["worst"]["index"] == [0, 7]
    assert grade({"q": big + 4e-4}, assignment)["q"]["verdict"] == "correct"


def test_the_credit_for_rounding_is_the_questions_own() -> None:
    document = json.loads(hw3().model_dump_json(by_alias=True, exclude_unset=True))
    for one in document["questions"]:
        if one["id"] == "1.1":
            one["rounded"] = 0.25
        if one["id"] == "1.3":
            one["rounded"] = 0.0
    changed = Assignment.model_validate(document).stamped("own rounding")
    report = grade(
        {"1.1": np.round(true_fields("1.1")["axes"], 2), "1.3": 5.5, "3.3": np.round(true_fields("3.3")["Psi"], 2)},
        changed,
    )
    assert [summary(report[question])[1] for question in ("1.1", "1.3", "3.3")] == [0.25, 0.0, 0.5]


def test_a_field_that_is_right_stays_right_beside_one_that_is_cut_off() -> None:
    axes, values = cut(true_fields("1.1")["axes"], 3), np.round(true_fields("1.1")["eigenvalues"], 3)
    report = grade({"1.1": {"axes": axes, "eigenvalues": values}})["1.1"]
    assert [field["verdict"] for field in report["fields"].values()] == ["partial", "correct"]
    for field in report["fields"].values():
        assert (field["measured"] or 0.0) <= (field["allowed"] or 0.0)


def test_a_field_that_agrees_with_a_mistake_by_chance_does_not_hide_the_rounding() -> None:
    rounded = {name: np.round(value, 1) for name, value in true_fields("4.1n").items()}
    assert summary(grade({"4.1n": rounded})["4.1n"]) == HALF
