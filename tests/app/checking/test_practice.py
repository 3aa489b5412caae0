"""The shipped practice assignment: every truth in every form it may take, every slip, and what follows from one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml

import graders
from app.assignments import Assignment, Mistake, read_assignment, shipped_assignments
from app.checking import findings, prepare
from app.checking.figures import as_input, as_json, figure
from app.checking.questions import Candidate
from tests.app.checking.grading import codes, grade, summary
from tests.app.support import Array


@cache
def practice() -> Assignment:
    """The shipped practice assignment."""
    return read_assignment(shipped_assignments()["practice"])


PLAN = prepare(practice())
QUESTIONS = tuple(question.id for question in practice().questions)
DECLARED = [(question.id, mistake) for question in practice().questions for mistake in question.mistakes]
CASES = pytest.mark.parametrize(("question", "mistake"), DECLARED, ids=[f"{q}-{m.id}" for q, m in DECLARED])
EVERY = pytest.mark.parametrize("question", QUESTIONS)
FULL = ("correct", 1.0, "truth")

Fields = dict[str, Array]


def report(question: str, answer: Fields, **earlier: Fields) -> Any:  # noqa: ANN401 - a nested document
    return graded({**earlier, question: answer})[question]


def graded(answers: dict[str, Fields]) -> dict[str, Any]:
    """Grade answers in the form in which they are compared: labels as one-hot rows, complex numbers as such."""
    return grade({question: as_sent(question, fields) for question, fields in answers.items()}, practice())


def as_sent(question: str, fields: Fields) -> dict[str, Any]:
    specs = practice().question(question).fields
    return {name: as_json(np.asarray(value), specs[name]) for name, value in fields.items()}


def values(question: str, candidate: Candidate) -> Fields:
    return {name: value[0] for name, value in PLAN.target(question, candidate).truths.items()}


def truth(question: str) -> Fields:
    return values(question, PLAN.questions[question].candidates[0])


def slip(question: str, mistake: str) -> Fields:
    return values(question, next(one for one in PLAN.questions[question].mistakes if one.id == mistake))


def rounded(question: str, fields: Fields) -> Fields:
    """Every field to the digits asked; to three decimals where only an absolute tolerance is stated."""
    found = {}
    for name, value in fields.items():
        asked = practice().question(question).asked(name, practice().tolerance)
        if asked.exact:
            found[name] = value
        elif asked.significant is not None:
            found[name] = np.vectorize(lambda entry, digits=asked.significant: float(f"{entry:.{digits}g}"))(value)
        else:
            found[name] = np.round(value, 3 if asked.decimals is None else asked.decimals)
    return found


def moved(question: str, fields: Fields, rng: np.random.Generator) -> Fields:
    """The fields under one random element of the question's symmetry."""
    plan = PLAN.questions[question]
    symmetry = PLAN.target(question, plan.candidates[0]).symmetry
    if isinstance(symmetry, graders.Identity):
        return fields
    width = next(fields[name].shape[move.axes[0]] for name, move in plan.moves.items())
    element = {
        "signs": np.diag(rng.choice([-1.0, 1.0], width)),
        "phase": np.diag(np.exp(2j * np.pi * rng.uniform(size=width))),
        "relabelling": np.eye(width)[rng.permutation(width)],
        "span": np.linalg.qr(rng.normal(size=(width, width)))[0] @ np.diag(rng.uniform(1.0, 3.0, width)),
    }[symmetry.group]
    return {
        name: np.moveaxis(np.moveaxis(value, plan.moves[name].axes[0], -1) @ element, -1, plan.moves[name].axes[0])
        if name in plan.moves
        else value
        for name, value in fields.items()
    }


def test_every_question_is_numeric_and_declares_a_mistake() -> None:
    assert not any(question.manual for question in practice().questions)
    assert {question for question, _ in DECLARED} == set(QUESTIONS)


def test_practice_has_no_findings() -> None:
    assert findings(practice()) == []


@EVERY
def test_the_truth_is_right_exactly_and_rounded(question: str) -> None:
    assert summary(report(question, truth(question))) == FULL
    assert summary(report(question, rounded(question, truth(question)))) == FULL


@EVERY
def test_the_truth_is_right_under_any_element_of_its_symmetry(question: str) -> None:
    rng = np.random.default_rng(7)
    for _ in range(12):
        sent = moved(question, truth(question), rng)
        assert summary(report(question, sent)) == FULL
        assert summary(report(question, rounded(question, sent))) == FULL


def test_the_whole_assignment_is_right_at_once_under_random_elements() -> None:
    rng = np.random.default_rng(8)
    for _ in range(5):
        answers = {question: rounded(question, moved(question, truth(question), rng)) for question in QUESTIONS}
        found = graded(answers)
        assert {summary(found[question])[:2] for question in QUESTIONS} == {("correct", 1.0)}
        assert sum(found[question]["score"] for question in QUESTIONS) == pytest.approx(practice().points)


@EVERY
def test_zeros_are_wrong(question: str) -> None:
    found = report(question, {name: np.zeros_like(value) for name, value in truth(question).items()})
    assert found["verdict"] == "incorrect"
    assert found["score"] == 0.0


def with_one_entry_off(question: str, name: str, value: Array, rng: np.random.Generator) -> Array:
    """Of numbers, one that is off by two hundredths; of labels, a sample in another cluster."""
    if practice().question(question).fields[name].kind == "labels":
        moved = value.copy()
        index = rng.integers(len(value))
        moved[index] = np.roll(moved[index], 1)
        return moved
    off = np.zeros(value.size, dtype=value.dtype)
    off[rng.integers(value.size)] = 0.02 * (1j if value.dtype.kind == "c" and rng.integers(2) else 1.0)
    return value + off.reshape(value.shape) * (1.0 + np.abs(value))


@EVERY
def test_a_truth_with_one_entry_off_is_wrong_in_that_field(question: str) -> None:
    rng = np.random.default_rng(9)
    for name in truth(question):
        for _ in range(4):
            sent = moved(question, truth(question), rng)
            sent[name] = with_one_entry_off(question, name, sent[name], rng)
            found = report(question, sent)
            assert found["fields"][name]["verdict"] != "correct"
            if practice().question(question).fields[name].required:
                assert found["verdict"] != "correct"
                assert found["score"] < found["max_score"]


@EVERY
def test_rows_in_another_order_are_wrong(question: str) -> None:
    fields = truth(question)
    moves = PLAN.questions[question].moves
    for name, value in fields.items():
        if value.ndim and (name not in moves or moves[name].axes != (0,)):
            found = report(question, {**fields, name: np.roll(value, 1, axis=0)})
            assert found["fields"][name]["verdict"] != "correct"


# Slips


@CASES
def test_a_mistake_is_named_and_credited(question: str, mistake: Mistake) -> None:
    plan = PLAN.questions[question]
    changed = PLAN.changed(plan, mistake)
    share = sum(mistake.credit if name in changed else 1.0 for name in plan.required) / len(plan.required)
    for sent in (slip(question, mistake.id), rounded(question, slip(question, mistake.id))):
        found = report(question, sent)
        assert (found["verdict"], found["matched"]) == ("partial", mistake.id)
        assert found["score"] == pytest.approx(found["max_score"] * share, abs=1e-6)
        assert "mistake" in codes(found)


@CASES
def test_a_mistake_is_named_under_any_element_of_the_symmetry(question: str, mistake: Mistake) -> None:
    rng = np.random.default_rng(10)
    for _ in range(4):
        sent = rounded(question, moved(question, slip(question, mistake.id), rng))
        assert report(question, sent)["matched"] == mistake.id


@CASES
def test_a_mistake_with_one_more_slip_is_not_that_mistake(question: str, mistake: Mistake) -> None:
    changed = PLAN.changed(PLAN.questions[question], mistake)
    answer = slip(question, mistake.id)
    for name in changed & set(PLAN.questions[question].required):
        if practice().question(question).fields[name].kind == "labels":
            answer[name] = with_one_entry_off(question, name, answer[name], np.random.default_rng(3))
        else:
            answer[name] = answer[name] + 0.137 * np.arange(1, answer[name].size + 1).reshape(answer[name].shape)
    assert report(question, answer)["matched"] != mistake.id


@CASES
def test_a_hint_gives_no_number_of_the_answer(question: str, mistake: Mistake) -> None:
    figures = {f"{abs(entry):.3f}" for value in truth(question).values() for entry in value.reshape(-1)}
    for said in (mistake.hint.en, mistake.hint.zh_TW):
        assert not any(figure in said for figure in figures - {"0.000", "1.000"})


# What the symmetries tie together


def test_singular_vectors_with_signs_that_contradict_each_other_are_wrong() -> None:
    fields = rounded("3.1", truth("3.1"))
    for column in range(4):
        one = np.where(np.arange(4) == column, -1.0, 1.0)
        assert summary(report("3.1", {**fields, "U": fields["U"] * one, "V": fields["V"] * one})) == FULL
        found = report("3.1", {**fields, "V": fields["V"] * one})
        assert found["verdict"] != "correct"
        assert found["score"] < found["max_score"]


def test_right_singular_vectors_may_be_rows() -> None:
    fields = rounded("3.1", truth("3.1"))
    found = report("3.1", {**fields, "V": fields["V"].T})
    assert summary(found) == ("correct", 1.0, "right_vectors_as_rows")


def test_clusters_that_are_numbered_differently_in_two_fields_are_wrong() -> None:
    for question in ("6.1", "6.2"):
        fields = rounded(question, truth(question))
        order = [2, 0, 1]
        same = {**fields, "labels": fields["labels"][:, order], "centres": fields["centres"][order]}
        assert summary(report(question, same)) == FULL
        found = report(question, {**fields, "centres": fields["centres"][order]})
        assert found["verdict"] != "correct"
        assert found["score"] < found["max_score"]


def test_a_sample_in_another_cluster_is_wrong() -> None:
    for question in ("6.1", "6.2", "7.2", "7.3"):
        sent = {name: value.copy() for name, value in truth(question).items()}
        sent["labels"][[4]] = np.roll(sent["labels"][[4]], 1, axis=1)
        found = report(question, sent)["fields"]["labels"]
        assert (found["verdict"], found["measured"], found["unit"]) == ("incorrect", 1.0, "samples")
        assert found["worst"] == {"index": [4], "error": 1.0}


def test_both_scalings_of_discriminant_directions_are_right_and_another_is_not() -> None:
    within = next(one for one in PLAN.questions["5.2"].candidates if one.id == "unit_within_scatter")
    scaled = rounded("5.2", values("5.2", within))
    assert summary(report("5.2", scaled)) == ("correct", 1.0, "unit_within_scatter")
    assert report("5.2", {"directions": 2.0 * truth("5.2")["directions"]})["verdict"] == "incorrect"


def test_an_integer_basis_of_the_null_space_is_right_and_a_repeated_vector_is_not() -> None:
    matrix = np.array(practice().data["N"])
    basis = np.array([[2.0, -1.0], [-1.0, 0.0], [0.0, -2.0], [0.0, 1.0]])
    assert not (matrix @ basis).any()
    assert summary(report("10.1", {"basis": basis})) == FULL
    assert report("10.1", {"basis": basis[:, [0, 0]]})["verdict"] == "incorrect"


def test_the_declared_data_are_those_of_the_prompts() -> None:
    assert np.array_equal(np.array(practice().data["W"]), np.array(practice().data["W"]).T)
    assert np.allclose(np.array(practice().data["P"]).sum(axis=1), 1.0)
    prompt = practice().question("11").prompt
    assert "2t^4+t^3-16t^2-3t+9" in prompt.en
    assert practice().data["coefficients"] == [2, 1, -16, -3, 9]


# What follows from an earlier slip

FOLLOWED = [
    ("1.2", "mean_loss", "1.3"),
    ("2.1", "sigmoid_left_out", "2.2"),
    ("3.1", "centred", "3.2"),
    ("4.1", "not_squared", "4.2"),
    ("5.1", "class_sizes_left_out", "5.2"),
    ("7.1", "generalised_problem", "7.2"),
    ("7.3", "largest_eigenvalues", "7.4"),
    ("8.1", "one_step", "8.2"),
    ("10.1", "left_null_space", "10.2"),
]


@pytest.mark.parametrize(("first", "mistake", "second"), FOLLOWED)
def test_what_follows_from_an_earlier_slip_costs_nothing_more(first: str, mistake: str, second: str) -> None:
    sent = rounded(first, slip(first, mistake))
    node = PLAN.questions[second].node(None)
    earlier = practice().question(first).fields
    inputs = {
        name: as_input(sent[str(source.field)], earlier[str(source.field)])
        if source.question == first
        else PLAN.input_value(source)
        for name, source in node.inputs.items()
    }
    record = PLAN.run(node, given=inputs)
    specs = practice().question(second).fields
    after = {name: figure(record, name, spec) for name, spec in specs.items()}
    found = report(second, rounded(second, after), **{first: sent})
    whole = found["max_score"] * practice().question(second).follow_through
    assert found["score"] == pytest.approx(whole)
    required = next(iter(after))
    if specs[required].kind == "labels":
        off = with_one_entry_off(second, required, after[required], np.random.default_rng(4))
    else:
        off = after[required] + 0.05 * (1.0 + np.arange(after[required].size)).reshape(after[required].shape)
    wrong = {**after, required: off}
    assert report(second, wrong, **{first: sent})["score"] < whole


def test_a_known_slip_whose_figures_end_early_is_followed() -> None:
    document = yaml.safe_load(shipped_assignments()["practice"].read_text(encoding="utf-8"))
    P = [[0.1, 0.1, 0.3, 0.5], [0.3, 0.2, 0.2, 0.3], [0.1, 0.3, 0.4, 0.2], [0.3, 0.2, 0.3, 0.2]]
    document["data"]["P"] = P
    assignment = Assignment.model_validate(document).stamped("practice-with-round-means")
    assert np.allclose(np.mean(P, axis=0), [0.2, 0.2, 0.3, 0.3])
    earlier = {"8.1": {"pi": [0.2, 0.2, 0.3, 0.3]}}  # by one_step: exact, although it shows a single decimal
    found = grade({**earlier, "8.2": {"times": [5.0, 5.0, 3.33, 3.33]}}, assignment)
    assert found["8.1"]["matched"] == "one_step"
    assert summary(found["8.2"]) == ("correct", 1.0, "follow_through")
    assert grade({**earlier, "8.2": {"times": [5.0, 5.0, 3.33, 3.4]}}, assignment)["8.2"]["score"] == 0.0


def test_a_gradient_that_is_off_in_one_entry_is_followed() -> None:
    gradient = truth("2.1")["gradient"] + np.array([0.0, 0.0, 0.3])
    node = PLAN.questions["2.2"].node(None)
    inputs = {name: PLAN.input_value(source) for name, source in node.inputs.items()} | {"gradient": gradient}
    record: Any = PLAN.run(node, given=inputs)
    found = report("2.2", {"w": record.w}, **{"2.1": {"gradient": gradient}})
    assert (found["matched"], found["score"]) == ("follow_through", found["max_score"] / 2)
    assert report("2.2", {"w": record.w})["score"] == 0.0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            {"4.1": {"K": np.eye(6), "centred": np.diag([6.0, 5, 4, 3, 2, 1])}},
            {"4.2": np.eye(6)[:, :2] * np.sqrt([6, 5])},
        ),
        ({"10.1": np.eye(4)[:, :2]}, {"10.2": np.diag([1.0, 1, 0, 0])}),
        ({"3.1": {"U": np.eye(5)[:, :4], "s": [4.0, 3, 2, 1], "V": np.eye(4)}}, {"3.2": {"error": np.sqrt(5)}}),
        ({"7.1": {"value": 1.0, "vector": np.eye(9)[:, [0]]}}, {"7.2": [0, 1, 1, 1, 1, 1, 1, 1, 1]}),
        ({"1.2": [1.0, 0.0, 0.0]}, {"1.3": [1.0, 1.0, 1.0]}),
        ({"1.2": [2.0, 2.0, 2.0]}, {"1.3": [10.0, 28.0, 30.0]}),
        ({"2.1": [0.0, 0.0, 0.0]}, {"2.2": [0.2, 0.5, -0.3]}),
        ({"5.1": {"within": np.eye(3), "between": np.diag([3.0, 2, 1])}}, {"5.2": np.eye(3)[:, :2]}),
        ({"8.1": np.full(4, 0.25)}, {"8.2": np.full(4, 4.0)}),
        ({"10.1": np.array([[1.0, 1], [1, -1], [0, 0], [0, 0]])}, {"10.2": np.diag([1.0, 1, 0, 0])}),
    ],
)
def test_trivial_earlier_answers_are_not_followed(first: dict[str, Any], second: dict[str, Any]) -> None:
    found = grade({**first, **second}, practice())
    assert all(found[question]["score"] == 0.0 for question in second)


def test_the_uniform_distribution_earns_little() -> None:
    found = grade({"8.1": np.full(4, 0.25), "8.2": np.full(4, 4.0)}, practice())
    assert summary(found["8.1"]) == ("partial", 0.1, "right_eigenvector")
    assert found["8.2"]["score"] == 0.0


def test_a_basis_that_is_not_orthonormal_is_followed() -> None:
    columns = slip("10.1", "left_null_space")["basis"] @ np.array([[2.0, 1.0], [0.0, 3.0]])
    projection = columns @ np.linalg.pinv(columns)
    found = graded({"10.1": {"basis": np.round(columns, 3)}, "10.2": {"P": np.round(projection, 3)}})
    assert summary(found["10.2"]) == ("correct", 1.0, "follow_through")
    assert graded({"10.2": {"P": np.round(projection, 3)}})["10.2"]["score"] == 0.0


def test_complex_answers_are_right_however_they_are_written() -> None:
    roots = np.round(truth("13")["roots"], 3)[[2, 0, 3, 1]]
    written: list[Any] = [
        [f"{root.real}{root.imag:+}j" for root in roots],
        [f"{root.real} {'-' if root.imag < 0 else '+'} {abs(root.imag)}i" for root in roots],
        [{"re": root.real, "im": f"{root.imag}"} for root in roots],
        str(roots),
        repr(roots),
    ]
    for sent in written:
        assert summary(grade({"13": sent}, practice())["13"]) == FULL
    assert grade({"13": [root.real for root in roots]}, practice())["13"]["matched"] == "real_parts_only"


def test_labels_may_be_any_names_and_centres_come_in_their_order() -> None:
    fields = rounded("6.2", truth("6.2"))
    clusters = fields["labels"].argmax(axis=1)
    for names, order in ((["c", "a", "b"], [1, 2, 0]), ([10, 9, -1], [2, 1, 0]), (["x", 7, "B"], [1, 2, 0])):
        answer = {**fields, "labels": [names[one] for one in clusters], "centres": fields["centres"][order]}
        assert summary(grade({"6.2": answer}, practice())["6.2"]) == FULL
        found = grade({"6.2": {**answer, "centres": fields["centres"]}}, practice())["6.2"]
        assert found["verdict"] == "partial"
