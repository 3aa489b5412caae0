"""One slip costs once: what follows from a learner's own earlier answers is right, and cannot be used to cheat."""

from __future__ import annotations

import numpy as np
import pytest

import reference
from tests.app.checking.grading import (
    CENTRED,
    GMM,
    MLM,
    SAMPLES,
    adjacency,
    codes,
    grade,
    graph,
    rotation,
    summary,
)
from tests.app.support import Array, perfect, true_fields

FOLLOWED = ("correct", 1.0, "follow_through")
HALF = ("partial", 0.5, "follow_through")
NOTHING = ("incorrect", 0.0, None)


def rounded(value: Array, decimals: int = 3) -> Array:
    return np.round(value, decimals)


# Through several steps


@pytest.mark.parametrize("W", [adjacency(without=1), adjacency(extra=(4, 9))], ids=["edge missing", "edge too many"])
def test_a_wrong_edge_costs_3_1_and_nothing_that_is_built_correctly_on_it(W: Array) -> None:
    report = grade(graph(W))
    assert summary(report["3.1"]) == NOTHING
    for question in ("3.2", "3.3", "3.4"):
        assert summary(report[question]) == FOLLOWED
        assert "follow_through" in codes(report[question])


def test_what_is_built_on_the_true_graph_is_right_beside_a_wrong_one() -> None:
    answers = {**graph(adjacency()), "3.1": adjacency(without=1)}
    report = grade(answers)
    assert summary(report["3.2"]) == summary(report["3.3"]) == ("correct", 1.0, "truth")


def test_a_second_slip_on_top_of_the_first_costs_too() -> None:
    answers = graph(adjacency(without=1))
    answers["3.3"][0, 0] += 0.05
    report = grade(answers)
    assert summary(report["3.3"]) == NOTHING
    assert summary(report["3.4"]) == FOLLOWED


def test_a_known_mistake_on_the_own_graph_is_that_mistake() -> None:
    W = adjacency(without=1)
    laplacian = reference.graphs.laplacian(W)
    unit = reference.graphs.laplacian_eigenmaps(laplacian.L, laplacian.D, n_components=3, normalisation="I")
    report = grade({**graph(W), "3.3": rounded(unit.Psi)})
    assert summary(report["3.3"]) == ("partial", 0.5, "unit_length")


def test_any_rotation_of_the_own_embedding_is_right() -> None:
    rng = np.random.default_rng(5)
    W = adjacency(without=1)
    laplacian = reference.graphs.laplacian(W)
    psi = reference.graphs.laplacian_eigenmaps(laplacian.L, laplacian.D, n_components=3).Psi
    for _ in range(20):
        assert summary(grade({**graph(W), "3.3": rounded(psi @ rotation(rng))})["3.3"]) == FOLLOWED


def test_the_degrees_of_the_own_graph_may_be_a_vector() -> None:
    answers = graph(adjacency(without=1))
    answers["3.2"]["D"] = np.diag(answers["3.2"]["D"])
    report = grade(answers)
    assert summary(report["3.2"]) == FOLLOWED
    assert "convention" in codes(report["3.2"])
    assert summary(report["3.3"]) == FOLLOWED


# Nothing to follow


def test_without_the_earlier_answer_there_is_nothing_to_follow() -> None:
    answers = graph(adjacency(without=1))
    for earlier, later in (("3.1", "3.2"), ("3.2", "3.3"), ("3.2", "3.4")):
        assert grade({later: answers[later]})[later]["matched"] != "follow_through"
        assert summary(grade({earlier: answers[earlier], later: answers[later]})[later])[0] == "correct"
    only_L = {**answers, "3.2": {"L": answers["3.2"]["L"]}}
    assert summary(grade(only_L)["3.3"]) == NOTHING


# Being right after rounding


def _axes(order: list[int], signs: list[int]) -> Array:
    return np.asarray(true_fields("1.1")["axes"][:, order] * np.array(signs))


@pytest.mark.parametrize("decimals", [3, 4, 8])
@pytest.mark.parametrize("rows", [False, True])
def test_components_from_axes_as_sent_or_in_full_precision_are_right(rows: bool, decimals: int) -> None:
    axes = _axes([2, 0, 1], [1, -1, -1])
    sent = rounded(axes, decimals)
    for used in (sent, axes):
        report = grade({"1.1": sent.T if rows else sent, "1.2": rounded(CENTRED @ used)})
        assert summary(report["1.1"]) == ("correct", 1.0, "axes_as_rows" if rows else "truth")
        assert report["1.2"]["verdict"] == "correct"
        flipped = CENTRED @ used * np.array([1, -1, 1])
        assert grade({"1.1": sent.T if rows else sent, "1.2": rounded(flipped)})["1.2"]["verdict"] == "incorrect"


def test_components_of_axes_rounded_to_one_decimal_follow_either_way() -> None:
    axes = _axes([0, 1, 2], [1, 1, -1])
    sent = rounded(axes, 1)
    for used in (sent, axes):
        assert grade({"1.1": sent, "1.2": rounded(CENTRED @ used)})["1.2"]["verdict"] == "correct"


def test_trace_and_gram_may_be_those_of_the_embedding_as_sent() -> None:
    rng = np.random.default_rng(2)
    for W in (adjacency(), adjacency(without=1)):
        answers = graph(W)
        L, D = answers["3.2"]["L"], answers["3.2"]["D"]
        psi = reference.graphs.laplacian_eigenmaps(L, D, n_components=3, drop_trivial=True).Psi
        beyond = 0
        for _ in range(30):
            sent = rounded(psi @ rotation(rng))
            trace, gram = float(np.trace(sent.T @ L @ sent)), sent.T @ D @ sent
            beyond += abs(trace - float(np.trace(psi.T @ L @ psi))) > 5e-4
            report = grade({**answers, "3.4": {"Psi": sent, "trace": round(trace, 3), "gram": rounded(gram)}})["3.4"]
            assert report["verdict"] == "correct"
            assert all(field["verdict"] == "correct" for field in report["fields"].values())
            wrong = grade({**answers, "3.4": {"Psi": sent, "trace": round(trace + 6.3e-3, 3)}})["3.4"]
            assert wrong["fields"]["trace"]["verdict"] == "incorrect"
        assert beyond


def test_the_trace_of_a_wrong_embedding_is_not_right_for_being_its_own() -> None:
    answers = graph(adjacency())
    L, D = answers["3.2"]["L"], answers["3.2"]["D"]
    noise = rounded(np.random.default_rng(1).normal(size=(10, 3)))
    report = grade({"3.4": {"Psi": noise, "trace": round(float(np.trace(noise.T @ L @ noise)), 3)}})["3.4"]
    assert summary(report) == NOTHING
    unit = reference.graphs.laplacian_eigenmaps(L, D, n_components=3, drop_trivial=True, normalisation="I")
    rng = np.random.default_rng(3)
    drawn = [rounded(unit.Psi @ rotation(rng)) for _ in range(50)]
    own = next(psi for psi in drawn if abs(float(np.trace(psi.T @ L @ psi)) - unit.trace) > 1.1e-3)
    report = grade({"3.4": {"Psi": own, "trace": round(float(np.trace(own.T @ L @ own)), 3)}})["3.4"]
    assert report["matched"] == "unit_length"
    assert report["fields"]["trace"]["verdict"] == "incorrect"


def test_the_trace_with_the_trivial_column_kept_may_be_that_of_the_embedding_as_sent() -> None:
    answers = graph(adjacency())
    L, D = answers["3.2"]["L"], answers["3.2"]["D"]
    kept = reference.graphs.laplacian_eigenmaps(L, D, n_components=3)
    rng = np.random.default_rng(8)
    for _ in range(10):
        own = rounded(kept.Psi @ rotation(rng))
        report = grade({"3.4": {"Psi": own, "trace": round(float(np.trace(own.T @ L @ own)), 3)}})["3.4"]
        assert summary(report) == ("partial", 0.5, "trivial_kept")


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [0, 1, 3, 2]])
def test_an_m_step_from_responsibilities_as_sent_is_right(order: list[int]) -> None:
    delta = true_fields("4.2n")["delta"][:, order]
    sent = rounded(delta)
    for used in (sent, delta):
        step = reference.gaussian_mixture.m_step(GMM["x"], GMM["y"], used)
        answer = {"pi": rounded(step.pi), "mu": rounded(step.mu), "Sigma": rounded(step.Sigma)}
        report = grade({"4.2n": sent, "4.1n": answer})
        assert report["4.1n"]["verdict"] == "correct"
        other = {name: value[[0, 1, 3, 2]] for name, value in answer.items()}
        assert grade({"4.2n": sent, "4.1n": other})["4.1n"]["verdict"] == "incorrect"


def test_a_linear_m_step_from_responsibilities_as_sent_is_right() -> None:
    delta = true_fields("5.1n")["delta"][:, ::-1]
    sent = rounded(delta)
    for used in (sent, delta):
        step = reference.linear_mixture.m_step(MLM["x"], MLM["y"], used)
        answer = {"pi": rounded(step.pi), "w": rounded(step.w), "rho": rounded(step.rho)}
        assert grade({"5.1n": sent, "5.2n": answer})["5.2n"]["verdict"] == "correct"


def test_the_old_mean_is_told_under_either_numbering() -> None:
    for order in ([0, 1, 2, 3], [0, 1, 3, 2]):
        delta = true_fields("4.2n")["delta"]
        slipped = reference.gaussian_mixture.m_step(GMM["x"], GMM["y"], delta, about=GMM["theta0"]["mu"])
        answer = {"pi": slipped.pi[order], "mu": slipped.mu[order], "Sigma": slipped.Sigma[order]}
        report = grade({"4.2n": rounded(delta[:, order]), "4.1n": {name: rounded(v) for name, v in answer.items()}})
        assert summary(report["4.1n"]) == ("partial", round(2.5 / 3, 6), "old_mean")
        assert report["4.1n"]["fields"]["Sigma"]["verdict"] == "partial"
        assert report["4.1n"]["fields"]["mu"]["verdict"] == "correct"


# A mistake, and what follows from it


def test_what_follows_from_a_known_mistake_gets_full_credit_as_sent_and_in_full_precision() -> None:
    axes = reference.pca.principal_components(SAMPLES, center=False).axes * np.array([1, -1, 1])
    sent = rounded(axes)
    for used in (sent, axes):
        report = grade({"1.1": sent, "1.2": rounded(CENTRED @ used)})
        assert summary(report["1.1"]) == ("partial", 0.5, "not_centred")
        assert summary(report["1.2"]) == FOLLOWED
    flipped = rounded(CENTRED @ axes * np.array([-1, 1, 1]))
    assert summary(grade({"1.1": sent, "1.2": flipped})["1.2"]) == NOTHING


def test_a_mistake_carried_on_as_a_mistake_is_named() -> None:
    found = reference.pca.principal_components(SAMPLES, center=False)
    report = grade({"1.1": rounded(found.axes), "1.2": rounded(found.components), "1.3": 5.517})
    assert summary(report["1.2"]) == ("partial", 0.5, "not_centred_throughout")
    assert summary(report["1.3"]) == ("partial", 0.5, "not_centred")


def test_the_reconstruction_error_follows_the_own_axes() -> None:
    axes = reference.pca.principal_components(SAMPLES, scale=True).axes
    error = reference.pca.reconstruction_error(SAMPLES, axes, n_components=2).error
    report = grade({"1.1": rounded(axes), "1.3": round(error, 3)})
    assert summary(report["1.3"]) == FOLLOWED
    ninth = reference.pca.reconstruction_error(SAMPLES, axes, n_components=2, ddof=1).error
    assert summary(grade({"1.1": rounded(axes), "1.3": round(ninth, 3)})["1.3"]) == FOLLOWED
    assert summary(grade({"1.3": round(error, 3)})["1.3"]) == NOTHING


# Where an earlier answer matched nothing: the cap and the grown tolerance


def test_what_follows_from_an_unknown_answer_earns_half_at_most() -> None:
    rng = np.random.default_rng(11)
    for _ in range(10):
        axes = rotation(rng)
        report = grade({"1.1": rounded(axes), "1.2": rounded(CENTRED @ axes)})
        assert summary(report["1.1"]) == NOTHING
        assert summary(report["1.2"]) == HALF
        assert "follow_through_capped" in codes(report["1.2"])


def test_a_tolerance_grows_for_rounded_inputs_and_never_to_a_mistake() -> None:
    rng = np.random.default_rng(12)
    grew = 0
    for _ in range(20):
        axes = rotation(rng)
        sent = rounded(axes)
        report = grade({"1.1": sent, "1.2": rounded(CENTRED @ axes)})["1.2"]
        assert summary(report) == HALF
        grew += report["basis"]["grown"]
        not_centred = rounded(SAMPLES @ axes)
        assert grade({"1.1": sent, "1.2": not_centred})["1.2"]["matched"] != "follow_through"
    assert grew > 10


def test_a_wrong_field_does_not_keep_the_tolerance_of_the_others_from_growing() -> None:
    delta = reference.linear_mixture.responsibilities(
        MLM["x"], MLM["y"], [0.5, 0.5], [[0.0, 1.0], [0.0, 1.2]], [1.0, 1.0]
    ).delta
    step = reference.linear_mixture.m_step(MLM["x"], MLM["y"], delta)
    answer = {"pi": rounded(step.pi), "w": rounded(step.w), "rho": rounded(step.rho)}
    for decimals in (2, 3, 4):
        sent = rounded(delta, decimals)
        assert summary(grade({"5.1n": sent, "5.2n": answer})["5.2n"]) == HALF
        wrong = grade({"5.1n": sent, "5.2n": {**answer, "pi": [0.9, 0.1]}})["5.2n"]
        assert wrong["matched"] == "follow_through"
        assert wrong["score"] == pytest.approx(0.4 / 3, abs=1e-6)


def test_a_tolerance_does_not_grow_where_the_earlier_answer_was_matched() -> None:
    axes = true_fields("1.1")["axes"]
    off = rounded(CENTRED @ axes + 1.6e-3)
    assert summary(grade({"1.1": rounded(axes), "1.2": off})["1.2"]) == NOTHING


def test_an_unknown_delta_with_few_wrong_entries_carries_on_fully_and_with_many_by_half() -> None:
    def report(rows: int) -> tuple[str, float, str | None]:
        delta = true_fields("4.2n")["delta"].copy()
        unlabelled = [index for index, label in enumerate(GMM["y"]) if label == 0]
        for index in unlabelled[:rows]:
            delta[index] = [0.4, 0.3, 0.2, 0.1]
        step = reference.gaussian_mixture.m_step(GMM["x"], GMM["y"], delta)
        answer = {"pi": rounded(step.pi), "mu": rounded(step.mu), "Sigma": rounded(step.Sigma)}
        graded = grade({"4.2n": rounded(delta), "4.1n": answer})
        assert graded["4.2n"]["score"] == 0
        return summary(graded["4.1n"])

    assert report(2) == FOLLOWED  # eight of 96 entries
    assert report(3) == HALF


# Ways of cheating


def _cheap(W: Array) -> dict[str, tuple[str, float, str | None]]:
    report = grade(graph(W))
    return {question: summary(report[question]) for question in ("3.2", "3.3", "3.4")}


def test_a_graph_of_ones_own_choice_earns_half_at_most() -> None:
    assert set(_cheap(1.0 - np.eye(10)).values()) == {HALF}


@pytest.mark.parametrize(
    "W",
    [
        np.zeros((10, 10)),
        np.eye(10),
        2.0 * adjacency(),
        np.kron(np.eye(2), 1.0 - np.eye(5)),
        np.triu(adjacency(without=1)),
        np.diag(np.ones(9), 1) + np.diag(np.ones(9), -1),
        np.full((10, 10), 0.1),
    ],
    ids=["empty", "loops", "weights", "two parts", "one-sided", "a path (a tree)", "not 0 or 1"],
)
def test_what_is_no_connected_graph_with_a_cycle_does_not_carry_on(W: Array) -> None:
    degrees = (W.sum(axis=0) + W.sum(axis=1)) / 2
    report = grade({"3.1": W, "3.2": {"D": np.diag(degrees), "L": np.diag(degrees) - W}})
    assert report["3.2"]["matched"] in (None, "truth")
    assert report["3.2"]["score"] < 0.3


@pytest.mark.parametrize("axes", [np.eye(3), np.eye(3)[:, [2, 0, 1]], np.zeros((3, 3)), np.full((3, 3), 1 / 3**0.5)])
def test_axes_that_need_no_computation_do_not_carry_on(axes: Array) -> None:
    assert summary(grade({"1.1": rounded(axes), "1.2": rounded(CENTRED @ axes)})["1.2"]) == NOTHING


def test_axes_that_are_scaled_or_skew_do_not_carry_on() -> None:
    axes = true_fields("1.1")["axes"]
    skew = axes.copy()
    skew[:, 0] += 0.2 * axes[:, 1]
    for bad in (0.5 * axes, skew, axes[:, [0, 0, 1]]):
        assert summary(grade({"1.1": rounded(bad), "1.2": rounded(CENTRED @ bad)})["1.2"]) == NOTHING


def test_a_laplacian_of_ones_own_choice_does_not_buy_an_embedding() -> None:
    W = 1.0 - np.eye(10)
    other = graph(W)
    answers = {**graph(adjacency()), "3.2": other["3.2"], "3.3": other["3.3"]}
    assert summary(grade(answers)["3.3"]) == HALF
    for bad in (np.eye(10), np.diag(np.arange(10.0)), -other["3.2"]["L"][::-1]):
        answers["3.2"] = {"D": other["3.2"]["D"], "L": bad}
        assert grade(answers)["3.3"]["matched"] is None


def test_a_wrong_laplacian_after_a_nearly_right_graph_is_counted_itself() -> None:
    answers = graph(adjacency(without=1))
    other = graph(1.0 - np.eye(10))
    report = grade({**answers, "3.2": other["3.2"], "3.3": other["3.3"]})
    assert summary(report["3.3"]) == HALF


@pytest.mark.parametrize(
    "delta",
    [np.full((24, 4), 0.3), -np.ones((24, 4)), np.zeros((24, 4)), np.full((24, 4), 1e308), np.full((24, 4), 5e-324)],
)
def test_responsibilities_that_are_no_probabilities_do_not_carry_on(delta: Array) -> None:
    report = grade({**perfect(3), "4.2n": delta})
    assert summary(report["4.2n"]) == NOTHING
    assert summary(report["4.1n"]) == ("correct", 1.0, "truth")


def test_uniform_responsibilities_carry_on_by_half() -> None:
    delta = np.full((20, 2), 0.5)
    delta[0] = [0.4, 0.6]
    step = reference.linear_mixture.m_step(MLM["x"], MLM["y"], delta)
    answer = {"pi": rounded(step.pi), "w": rounded(step.w), "rho": rounded(step.rho)}
    assert summary(grade({"5.1n": delta, "5.2n": answer})["5.2n"]) == HALF


def test_labels_contradict_a_known_mistake_in_the_linked_question_too() -> None:
    found = reference.gaussian_mixture.responsibilities(GMM["x"], GMM["y"], **GMM["theta0"], labels="ignored").delta
    right = {name: np.round(value, 3) for name, value in true_fields("4.1n").items()}
    for order in ([0, 1, 2, 3], [0, 1, 3, 2]):
        moved = {name: value[order] for name, value in right.items()}
        report = grade({"4.2n": rounded(found[:, order]), "4.1n": moved})
        assert summary(report["4.2n"]) == ("partial", 0.5, "labels_ignored")
        assert report["4.1n"]["verdict"] == "correct"
        assert grade({"4.2n": rounded(found), "4.1n": moved})["4.1n"]["verdict"] == (
            "correct" if order == [0, 1, 2, 3] else "incorrect"
        )


def test_right_components_agree_with_wrong_axes_as_far_as_those_go() -> None:
    axes = reference.pca.principal_components(SAMPLES, center=False).axes
    truth = true_fields("1.1")["axes"]
    signs = np.sign(np.sum(axes * truth, axis=0))
    right = true_fields("1.2")["components"] * signs
    assert summary(grade({"1.1": rounded(axes), "1.2": rounded(right)})["1.2"]) == ("correct", 1.0, "truth")
    flipped = right * np.array([1, -1, 1])
    assert summary(grade({"1.1": rounded(axes), "1.2": rounded(flipped)})["1.2"]) == NOTHING


@pytest.mark.parametrize("scale", [1e5, 1e6, 1e8, 1e15])
def test_degrees_so_large_that_zeros_would_do_buy_nothing(scale: float) -> None:
    L, D = true_fields("3.2")["L"], true_fields("3.2")["D"]
    for degrees in (np.full(10, scale), D * scale):
        for psi in (np.zeros((10, 3)), np.full((10, 3), 1e-4)):
            report = grade({"3.2": {"D": degrees, "L": L}, "3.3": psi, "3.4": {"Psi": psi, "trace": 0}})
            assert summary(report["3.3"]) == NOTHING
            assert report["3.4"]["fields"]["Psi"]["verdict"] == "incorrect"


def test_a_laplacian_of_nothing_or_of_parts_does_not_carry_on() -> None:
    D = true_fields("3.2")["D"]
    parts = np.kron(np.eye(2), 1.0 - np.eye(5))
    for L in (np.zeros((10, 10)), np.diag(parts.sum(axis=0)) - parts):
        indicator = np.round(reference.graphs.laplacian_eigenmaps(L, D, n_components=3).Psi, 3)
        assert summary(grade({"3.2": {"D": D, "L": L}, "3.3": indicator})["3.3"]) == NOTHING


def test_whole_numbers_leave_no_room_for_rounding() -> None:
    delta = np.zeros((20, 2))
    delta[np.arange(20), np.arange(20) % 2] = 1.0
    step = reference.linear_mixture.m_step(MLM["x"], MLM["y"], delta)
    right = {"pi": step.pi, "w": rounded(step.w), "rho": rounded(step.rho)}
    assert summary(grade({"5.1n": delta, "5.2n": right})["5.2n"]) == HALF
    near = {name: value + 0.03 for name, value in right.items()}
    assert summary(grade({"5.1n": delta, "5.2n": near})["5.2n"]) == NOTHING
