"""What holds for every symmetry: right under any of its elements, refused beyond, proven by the certificate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import Move, ShapeMismatchError, Signs, Span
from tests.graders.cases import CASES, ENTRYWISE, Array, Case, compared, correct

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
entrywise = pytest.mark.parametrize("case", ENTRYWISE, ids=lambda case: case.name)
seeds = st.integers(0, 2**32 - 1)


@given(case=st.sampled_from(CASES), seed=seeds)
def test_the_truth_under_any_element_is_correct(case: Case, seed: int) -> None:
    assert correct(compared(case, case.answers(np.random.default_rng(seed), 5))).all()


@given(case=st.sampled_from(ENTRYWISE), seed=seeds)
def test_the_truth_under_any_element_and_then_rounded_is_correct(case: Case, seed: int) -> None:
    answers = case.answers(np.random.default_rng(seed), 20)
    assert correct(compared(case, {name: np.round(value, 3) for name, value in answers.items()})).all()


@given(case=st.sampled_from(ENTRYWISE), seed=seeds)
def test_one_entry_wrong_by_four_tolerances_is_refused_and_named(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers = case.answers(rng, 1)
    name = str(rng.choice([one for one, move in case.moves.items() if len(move.axes) == 1 and one != "w"]))
    index = tuple(int(rng.integers(size)) for size in case.truth[name].shape)
    answers[name][(0, *index)] += rng.choice([-1.0, 1.0]) * 2e-3
    found = compared(case, answers).fields
    assert not found[name].correct[0]
    assert found[name].measured[0] > found[name].allowed[0]
    if case.symmetry.columnwise:
        assert found[name].worst(0)[0] == list(index)


@cases
def test_the_certificate_is_recomputed_from_the_element_alone(case: Case) -> None:
    answers = case.answers(np.random.default_rng(3), 50)
    comparison = compared(case, answers)
    if comparison.element is None:
        assert isinstance(case.symmetry, Span)
        return
    width = comparison.element.shape[-1]
    for row, element in enumerate(comparison.element):
        if element.ndim == 2:
            matrix = element
        elif element.dtype.kind == "i":
            matrix = np.eye(width)[:, element]
        else:
            matrix = np.diag(element)
        assert np.abs(matrix.conj().T @ matrix - np.eye(width)).max() < 1e-12
        for name, found in comparison.fields.items():
            error = np.abs(case.apply(matrix, name) - answers[name][row]).max()
            assert error <= found.allowed[row]
            assert error == pytest.approx(found.measured[row], abs=1e-12)


@cases
def test_a_batch_says_what_each_of_its_submissions_says_alone(case: Case) -> None:
    rng = np.random.default_rng(5)
    answers = case.answers(rng, 12)
    for value in answers.values():
        value[::3] += rng.normal(size=value[::3].shape) * 1e-3
    together = compared(case, answers)
    for row in range(12):
        alone = compared(case, {name: value[row : row + 1] for name, value in answers.items()})
        for name, found in alone.fields.items():
            assert found.correct[0] == together.fields[name].correct[row]
            assert found.measured[0] == pytest.approx(together.fields[name].measured[row], rel=1e-6, abs=1e-12)


@cases
def test_every_submission_may_have_a_truth_of_its_own(case: Case) -> None:
    rng = np.random.default_rng(6)
    answers = case.answers(rng, 4)
    own = {name: np.stack([value] * 4) for name, value in case.truth.items()}
    shared = compared(case, answers)
    from graders import compare

    apart = compare(answers, own, case.tolerances, symmetry=case.symmetry, moves=case.moves)
    assert (correct(apart) == correct(shared)).all()
    assert correct(apart).all()


def _spoilt(value: Array, how: str, axis: int) -> Array:
    spoilt = np.array(value, order="C")
    columns = np.moveaxis(spoilt, axis + 1, -1)
    if how == "a zero array":
        spoilt[...] = 0.0
    elif how == "a repeated column":
        columns[..., 1] = columns[..., 0]
    elif how == "a wrong column":
        columns[..., 2] = columns[..., 2][:, ::-1] + 0.5 if columns.ndim > 2 else columns[..., 2] + 0.5
    elif how == "NaN":
        spoilt.reshape(-1)[0] = np.nan
    elif how == "infinity":
        spoilt.reshape(-1)[0] = np.inf
    elif how == "1e308":
        spoilt.reshape(-1)[0] = 1e308
    elif how == "1e308 everywhere":
        spoilt[...] = 1e308
    elif how == "denormals":
        spoilt[...] = 5e-324
    return spoilt


@cases
@pytest.mark.parametrize(
    "how",
    [
        "a zero array",
        "a repeated column",
        "a wrong column",
        "NaN",
        "infinity",
        "1e308",
        "1e308 everywhere",
        "denormals",
    ],
)
def test_refused_without_a_warning(case: Case, how: str) -> None:
    answers = case.answers(np.random.default_rng(8), 3)
    name = "mu" if "mu" in answers else "V"
    answers[name][:1] = _spoilt(answers[name][:1], how, case.moves[name].axes[0])
    assert compared(case, answers).fields[name].correct.tolist() == [False, True, True]


@cases
@pytest.mark.parametrize("change", [1, -1])
def test_an_extra_or_a_missing_column_is_another_shape(case: Case, change: int) -> None:
    answers = case.answers(np.random.default_rng(8), 2)
    name = "mu" if "mu" in answers else "V"
    axis = case.moves[name].axes[0] + 1
    width = answers[name].shape[axis]
    answers[name] = np.take(answers[name], np.arange(width + change) % width, axis=axis)
    with pytest.raises(ValueError, match=r"shape|eigenvalues|columns"):
        compared(case, answers)


@cases
def test_a_broadcastable_shape_is_another_shape(case: Case) -> None:
    answers = case.answers(np.random.default_rng(8), 2)
    name = "mu" if "mu" in answers else "V"
    other = 1 - case.moves[name].axes[0]
    answers[name] = np.take(answers[name], [0], axis=other + 1)
    with pytest.raises(ShapeMismatchError, match="shape"):
        compared(case, answers)


@pytest.mark.parametrize("case", [case for case in ENTRYWISE if len(case.moves) > 1], ids=lambda case: case.name)
def test_an_element_that_contradicts_a_linked_field_is_refused(case: Case) -> None:
    rng = np.random.default_rng(9)
    one, other = case.answers(rng, 40), case.answers(rng, 40)
    linear = [name for name, move in case.moves.items() if len(move.axes) == 1 and not move.magnitude]
    first, second = linear[0], linear[1]
    differs = np.abs(one[second] - other[second]).reshape(40, -1).max(axis=1) > 1e-2
    assert differs.any()
    answers = {**one, second: other[second]}
    assert not correct(compared(case, answers))[differs].any()
    assert correct(compared(case, one)).all(), first


@cases
def test_an_imposed_element_is_not_looked_for_again(case: Case) -> None:
    rng = np.random.default_rng(10)
    answers = case.answers(rng, 30)
    found = compared(case, answers)
    if found.element is None:
        return
    assert correct(compared(case, answers, imposed=found.element)).all()
    assert not correct(compared(case, answers, imposed=np.roll(found.element, 1, axis=0))).all()


@pytest.mark.parametrize("case", [case for case in ENTRYWISE if case.symmetry.columnwise], ids=lambda case: case.name)
@given(seed=seeds, size=st.sampled_from([2e-3, 0.3, 1e3, 1e150, 1e308]))
def test_a_wrong_column_leaves_the_others_alone(case: Case, seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    matrix = case.element(rng)
    answers = {name: case.apply(matrix, name)[None] for name in case.truth}
    name = "mu" if "mu" in answers else "V"
    axis = case.moves[name].axes[0] + 1
    simple = np.abs(matrix).max(axis=0) == 1.0 if "repeated" in case.name else np.ones(len(matrix), dtype=bool)
    wrong = int(rng.choice(np.flatnonzero(simple)))  # inside a repeated eigenvalue a column has no identity
    columns = np.moveaxis(answers[name], axis, -1)
    columns[..., wrong] = rng.uniform(0.5, 1.0, columns[..., wrong].shape) * size
    comparison = compared(case, answers)
    for field, found in comparison.fields.items():
        move = case.moves[field]
        if len(move.axes) != 1:
            continue
        others = [column for column in range(found.errors.shape[-1]) if column != wrong]
        assert found.errors[..., others].max() <= 1e-9, field


def test_a_quadratic_field_alone_needs_a_field_that_shows_the_signs() -> None:
    from graders import SymmetryError, Tolerance, compare

    form = np.eye(2)[None]
    with pytest.raises(SymmetryError, match="one axis"):
        compare({"G": form}, {"G": form}, {"G": Tolerance.decimals(3)}, symmetry=Signs(), moves={"G": Move((0, 1))})
