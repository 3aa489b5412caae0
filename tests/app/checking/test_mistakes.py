"""Known slips are recognised by what they produce, named, credited in part and explained without giving the answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import reference
from app.assignments import Assignment, Mistake
from app.checking import findings, prepare
from tests.app.checking.grading import SAMPLES, codes, grade, summary
from tests.app.support import NUMERIC, hw3, perfect, true_fields

PLAN = prepare(hw3())
DECLARED = [(question, mistake) for question in NUMERIC for mistake in hw3().question(question).mistakes]
CASES = pytest.mark.parametrize(("question", "mistake"), DECLARED, ids=[f"{q}-{m.id}" for q, m in DECLARED])


def slipped(question: str, mistake: Mistake) -> dict[str, Any]:
    """What the mistake gives, as an answer to three decimals."""
    candidate = next(one for one in PLAN.questions[question].mistakes if one.id == mistake.id)
    fields = hw3().question(question).fields
    truths = PLAN.target(question, candidate).truths
    return {
        name: np.round(value[0][tuple(slice(0, n) for n in fields[name].shape)], 3) for name, value in truths.items()
    }


def expected_share(question: str, mistake: Mistake) -> float:
    """Full points for the fields that the slip does not change, its credit for the others."""
    plan = PLAN.questions[question]
    changed = PLAN.changed(plan, mistake)
    return sum(mistake.credit if name in changed else 1.0 for name in plan.required) / len(plan.required)


@CASES
def test_a_mistake_is_named_and_credited(question: str, mistake: Mistake) -> None:
    report = grade({question: slipped(question, mistake)})[question]
    assert report["matched"] == mistake.id
    assert report["verdict"] == "partial"
    assert report["score"] == pytest.approx(report["max_score"] * expected_share(question, mistake), abs=1e-6)
    assert "mistake" in codes(report)
    assert not any(code.startswith("correct") for code in codes(report))


@CASES
def test_a_mistake_with_one_more_slip_is_not_that_mistake(question: str, mistake: Mistake) -> None:
    answer = slipped(question, mistake)
    changed = PLAN.changed(PLAN.questions[question], mistake)
    for name in changed & set(PLAN.questions[question].required):
        answer[name] = answer[name] + 0.137
    report = grade({question: answer})[question]
    assert report["matched"] != mistake.id


@CASES
def test_a_hint_gives_no_number_of_the_answer(question: str, mistake: Mistake) -> None:
    figures = {f"{abs(value):.3f}" for field in true_fields(question).values() for value in field.reshape(-1)}
    whole = {"0.000", "1.000", "2.000", "3.000", "0.500"}
    for said in (mistake.hint.en, mistake.hint.zh_TW):
        assert not any(figure in said for figure in figures - whole)


@pytest.mark.parametrize(
    ("sent", "matched"),
    [
        (5.472, "truth"),
        (6.080, "ddof_1"),
        (1.824, "mean_over_entries"),
        (54.720, "sum_over_samples"),
        (2.339, "square_root"),
        (5.517, "not_centred"),
        (5.473, None),
        (5.518, None),
    ],
)
def test_the_figures_of_the_reconstruction_error(sent: float, matched: str | None) -> None:
    assert grade({"1.3": sent})["1.3"]["matched"] == matched


def test_mistakes_are_told_in_any_sign_order_and_layout() -> None:
    axes = reference.pca.principal_components(SAMPLES, center=False).axes[:, [2, 0, 1]] * np.array([-1, 1, -1])
    for sent in (axes, axes.T):
        assert summary(grade({"1.1": np.round(sent, 3)})["1.1"]) == ("partial", 0.5, "not_centred")


def test_the_gradients_that_the_contract_names_earn_half() -> None:
    vae = hw3().data["vae"]
    for estimator in ("closed_form_kl", "fixed_density"):
        found = reference.linear_gaussian_vae.pathwise_gradients(**vae, estimator=estimator)
        answer = {"grad_m": np.round(found.grad_m, 3), "grad_log_std": np.round(found.grad_log_std, 3)}
        assert summary(grade({"2.2n": answer})["2.2n"]) == ("partial", 0.5, estimator)


def test_a_slip_in_one_field_costs_that_field_alone() -> None:
    answer = perfect(3)["4.1n"]
    sums = np.round(true_fields("4.1n")["pi"] * 20 / 24, 3)
    report = grade({"4.1n": {**answer, "pi": sums}})["4.1n"]
    assert summary(report) == ("partial", round(2.5 / 3, 6), "pi_over_all_samples")
    assert [field["verdict"] for field in report["fields"].values()] == ["partial", "correct", "correct"]
    assert report["fields"]["pi"]["worst"] is not None


def test_swapped_components_and_a_slip_are_one_labelling_and_one_slip() -> None:
    order = [1, 0]
    answer = {name: np.array(value)[order] for name, value in perfect()["5.3n"].items() if name != "log_likelihood"}
    answer["rho"] = np.sqrt(answer["rho"])
    report = grade({"5.3n": {name: np.round(value, 3) for name, value in answer.items()}})["5.3n"]
    assert report["matched"] == "standard_deviation"
    mixed = {**answer, "rho": answer["rho"][::-1]}
    assert grade({"5.3n": mixed})["5.3n"]["matched"] != "standard_deviation"


# What an author has to know


def test_homework_3_has_no_findings() -> None:
    assert findings(hw3()) == []


def _changed(change: dict[str, Any], question: str) -> Assignment:
    document = json.loads(hw3().model_dump_json(by_alias=True, exclude_unset=True))
    for one in document["questions"]:
        if one["id"] == question:
            for key, value in change.items():
                one[key] = [*one.get(key, []), *value] if isinstance(value, list) else value
    document["slug"] = "changed"
    return Assignment.model_validate(document).stamped(json.dumps(change, sort_keys=True) + question)


HINT = {"en": "A slip.", "zh-TW": "一個錯誤。"}


@pytest.mark.parametrize(
    ("question", "slip", "code", "ids"),
    [
        ("4.3n", {"options": {"pi_over": "all_with_labels"}}, "alike", ("labels_ignored", "extra")),
        ("4.3n", {"options": {"max_iter": 9999}}, "like_truth", ("extra", "truth")),
        ("1.3", {"options": {"ddof": 1}}, "like_truth", ("extra", "ddof_1")),
        ("1.1", {"options": {"ddof": 0}}, "like_truth", ("extra", "truth")),
        ("1.3", {"options": {"average": "entries"}}, "alike", ("mean_over_entries", "extra")),
        ("1.1", {"options": {"ddof": 99}}, "unsolvable", ("extra",)),
    ],
)
def test_a_mistake_that_cannot_be_told_apart_is_found(
    question: str, slip: dict[str, Any], code: str, ids: tuple[str, ...]
) -> None:
    changed = _changed({"mistakes": [{"id": "extra", "hint": HINT, **slip}]}, question)
    found = findings(changed)
    assert [(one.code, one.question, one.ids) for one in found] == [(code, question, ids)]
    assert str(found[0].message)


def test_mistakes_that_the_data_leave_no_room_for_are_found() -> None:
    """The contract leaves these out of homework 3 for that reason."""
    old_mean = {
        "solver": "gaussian_mixture.m_step",
        "inputs": {"x": {"data": "gmm.x"}, "y": {"data": "gmm.y"}, "delta": {"value": None}, "about": {"value": None}},
    }
    fitted = true_fields("4.3n")
    delta = reference.gaussian_mixture.responsibilities(
        hw3().data["gmm"]["x"], hw3().data["gmm"]["y"], fitted["pi"], fitted["mu"], fitted["Sigma"]
    ).delta
    old_mean["inputs"]["delta"]["value"] = delta.tolist()  # type: ignore[index] # a nested document
    old_mean["inputs"]["about"]["value"] = fitted["mu"].tolist()  # type: ignore[index] # a nested document
    document = {
        "fields": {name: {"shape": list(fitted[name].shape), "moves": {"axes": [0]}} for name in ("pi", "mu", "Sigma")}
    }
    changed = _changed({**document, "mistakes": [{"id": "old_mean", "hint": HINT, **old_mean}]}, "4.3n")
    assert ("like_truth", ("old_mean", "truth")) in [(one.code, one.ids) for one in findings(changed)]


def test_a_truth_that_is_not_determined_to_the_digits_asked_is_found() -> None:
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    basis = np.linalg.qr(np.column_stack([np.ones(20), rng.normal(size=(20, 3))]))[0][:, 1:]
    for gap, found_any in ((1e-6, True), (1e-1, False)):
        samples = basis * np.sqrt([3.0, 1.0 + gap, 1.0]) @ turn.T
        document = json.loads(hw3().model_dump_json(by_alias=True, exclude_unset=True))
        document["data"]["samples"] = samples.tolist()
        document["questions"][0]["tolerance"] = {"decimals": 8}
        document["questions"] = [{**document["questions"][0], "mistakes": []}]
        document["points"] = 0.2
        changed = Assignment.model_validate(document).stamped(f"gap {gap}")
        assert bool([one for one in findings(changed) if one.code == "ill_conditioned"]) is found_any


def test_a_mistakes_own_tolerance_is_for_the_fields_that_it_changes() -> None:
    D, L = true_fields("3.2")["D"], true_fields("3.2")["L"]
    assert summary(grade({"3.2": {"D": D + np.diag(np.full(10, 4e-4)), "L": np.zeros((10, 10))}})["3.2"])[1] == 0.0
    root = np.sqrt(np.diag(D))
    normalised = grade({"3.2": {"D": D, "L": np.round(L / root / root[:, None], 3)}})["3.2"]
    assert summary(normalised) == ("partial", 0.75, "symmetric_normalisation")
