"""How each kind of case is run: read by the service's reader, compared by the graders' own pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from app.answers import read_number
from app.errors import Unprocessable
from graders import (
    EXACT,
    Choice,
    GraderError,
    Identity,
    Move,
    Phase,
    Relabelling,
    Signs,
    Span,
    Symmetry,
    Target,
    Tolerance,
)
from graders.eigenvectors import certify_eigenvectors
from graders.matching import assign
from graders.membership import certify_members
from reference.arrays import as_array
from reference.errors import InvalidInputError
from tests.peers import cases
from tests.peers.cases import Array, PeerCase, Verdict

__all__ = ["Found", "Runner", "run"]

_PARTIAL = 0.5  # what the peers give for an anticipated answer and for a near miss


@dataclass(frozen=True)
class Found:
    """What Upto says of a case, and the share of the points, where the peer states one."""

    verdict: Verdict
    score: float | None = None


Runner = Callable[[PeerCase], Found]


def run(runner: Runner, case: PeerCase) -> Found:
    """Run a case; what cannot be read, or be compared at all, is an error and no verdict."""
    try:
        return runner(case)
    except (Unprocessable, GraderError, InvalidInputError):
        return Found("error")


def _decided(correct: Array) -> Found:
    return Found("correct", 1.0) if correct.all() else Found("incorrect", 0.0)


def _best(answer: Array, candidates: Sequence[tuple[Target, float]]) -> Found:
    """Grade by the candidate that gives most credit."""
    choice = Choice(1)
    for number, (target, credit) in enumerate(candidates):
        correct = target.compare({"x": answer}).fields["x"].correct
        choice.offer(None, number, credit * correct, correct.astype(int))
    share = float(choice.credit[0])
    return Found("correct" if share >= 1.0 else "partial" if share > 0.0 else "incorrect", share)


def _target(truth: Array, tolerance: Tolerance, symmetry: Symmetry | None = None) -> Target:
    moves = {} if symmetry is None else {"x": Move((truth.ndim - 1,))}
    return Target({"x": truth[None]}, {"x": tolerance}, symmetry or Identity(), moves)


def _tolerance(case: PeerCase) -> Tolerance:
    """The peer's tolerance in Upto's words; without one, what everybody can write down exactly."""
    asked = case.params
    if "sigfigs" in asked or "digits" in asked:
        figures = asked.get("digits") or asked["sigfigs"]
        accuracy = asked.get("accuracy", 0)
        return Tolerance.digits(accuracy if accuracy > 0 else figures)
    if "dp" in asked:
        return Tolerance.decimals(asked["dp"])
    if "atol" in asked or "rtol" in asked:
        return Tolerance(atol=float(asked.get("atol", 0.0)), rtol=float(asked.get("rtol", 0.0)))
    return EXACT


def _sent(case: PeerCase, shape: tuple[int, ...]) -> Array:
    """The answer, read unless it is complex."""
    return cases.array(case.student)[None] if cases.is_complex(case.student) else cases.read(case.student, shape)


def _compared(case: PeerCase, symmetry: Symmetry | None = None) -> Found:
    truth = cases.array(case.expected_answer)
    return _best(_sent(case, truth.shape), [(_target(truth, _tolerance(case), symmetry), 1.0)])


def _column(case: PeerCase, symmetry: Symmetry) -> Found:
    """Compare a vector as a matrix of one column."""
    truth = cases.array(case.expected_answer)
    answer = _sent(case, truth.shape)
    return _best(answer[..., None], [(_target(truth[:, None], _tolerance(case), symmetry), 1.0)])


# Numbers and arrays


def entry_by_entry(case: PeerCase) -> Found:
    """An array against the truth, nothing free."""
    return _compared(case)


def up_to_column_signs(case: PeerCase) -> Found:
    """A matrix up to a sign a column."""
    return _compared(case, Signs())


def up_to_sign(case: PeerCase) -> Found:
    """A vector up to its sign."""
    return _column(case, Signs())


def up_to_phase(case: PeerCase) -> Found:
    """A complex vector up to a unit factor."""
    return _column(case, Phase())


def share_of_entries(case: PeerCase) -> Found:
    """An array, and the share of its entries that are right."""
    truth = cases.array(case.expected_answer)
    answer = _sent(case, truth.shape)
    share = float(_tolerance(case).accepts(answer, truth).mean())
    whole = _compared(case).verdict
    return Found("partial" if whole == "incorrect" and share > 0.0 else whole, share)


def within_interval(case: PeerCase) -> Found:
    """A number in a closed interval: within half its width of its middle."""
    ends = re.fullmatch(r"[\[(](.+),(.+)[])]", case.params["interval"])
    assert ends is not None
    low, high = read_number(ends[1]), read_number(ends[2])
    target = _target(np.array((low + high) / 2), Tolerance(atol=(high - low) / 2))
    return _best(cases.read(case.student, ()), [(target, 1.0)])


def against_bad_author(case: PeerCase) -> Found:
    """The author's array is read first, as every solver reads its inputs."""
    shape = np.shape(case.expected_answer)
    as_array("expected", case.expected_answer, *shape)
    return _compared(case)


def own_transposed(case: PeerCase) -> Found:
    """A matrix held against its own transposed."""
    answer = cases.array(case.student)
    return _best(answer[None], [(_target(answer.T, _tolerance(case)), 1.0)])


# Lists and sets


def _numbered(case: PeerCase) -> tuple[Array, list[float]]:
    """Words as numbers, the same word the same number on both sides: only numbers are compared here."""
    words = sorted({*case.expected_answer, *case.student})
    expected, student = ([float(words.index(word)) for word in side] for side in (case.expected_answer, case.student))
    return np.array(expected), student


def _list(case: PeerCase, symmetry: Symmetry | None) -> Found:
    if case.params.get("item") != "string":
        return _compared(case, symmetry)
    truth, student = _numbered(case)
    return _best(cases.read(student, truth.shape), [(_target(truth, _tolerance(case), symmetry), 1.0)])


def in_order(case: PeerCase) -> Found:
    """A list of numbers, or of words as numbers, place by place."""
    return _list(case, None)


def in_any_order(case: PeerCase) -> Found:
    """A vector up to relabelling."""
    return _list(case, Relabelling())


def groups_in_any_order(case: PeerCase) -> Found:
    """Two linked fields up to one relabelling: what belongs together moves together."""
    words = sorted({word for word, _ in [*case.expected_answer, *case.student]})
    sides = [
        {
            "word": np.array([[float(words.index(word)) for word, _ in side]]),
            "number": np.array([[float(n) for _, n in side]]),
        }
        for side in (case.expected_answer, case.student)
    ]
    fields = sides[0].keys()
    target = Target(sides[0], dict.fromkeys(fields, EXACT), Relabelling(), dict.fromkeys(fields, Move((0,))))
    found = target.compare(sides[1]).fields
    share = float(np.mean([one.errors <= EXACT.atol for one in found.values()]))
    right = [bool(one.correct[0]) for one in found.values()]
    return Found("correct" if all(right) else "partial" if any(right) else "incorrect", share)


# Candidates


def with_anticipated(case: PeerCase) -> Found:
    """The truth, and anticipated answers as candidates of less credit."""
    candidates = [(case.expected_answer, 1.0), *((wrong, _PARTIAL) for wrong in case.params["partial_answers"])]
    targets = [(_target(cases.array(value), _tolerance(case)), credit) for value, credit in candidates]
    return _best(cases.read(case.student, ()), targets)


def with_near_misses(case: PeerCase) -> Found:
    """The truth twice: once more at a wider tolerance, for less credit."""
    truth = cases.array(case.expected_answer)
    wider = Tolerance(atol=case.params["partial_atol"])
    return _best(
        cases.read(case.student, ()), [(_target(truth, _tolerance(case)), 1.0), (_target(truth, wider), _PARTIAL)]
    )


def with_multiples(case: PeerCase) -> Found:
    """The truth, and the span of its one column for less credit."""
    column = cases.array(case.expected_answer)[:, None]
    multiples = _target(column, Tolerance(atol=case.params["rtol"]), Span())
    answer = _sent(case, (len(column),))[..., None]
    return _best(answer, [(_target(column, _tolerance(case)), 1.0), (multiples, case.params["proportional_credit"])])


# Linear algebra


def eigenvector(case: PeerCase) -> Found:
    """An eigenvector up to any factor but zero; where no eigenvalue is named, for any of the matrix."""
    matrix = cases.array(case.params["matrix"])
    named = case.params["eigenvalue"]
    tolerance = case.params.get("rtol", EXACT.atol)
    answer = _sent(case, (len(matrix),))
    eigenvalues = np.linalg.eigvals(matrix) if named is None else [named]
    found = [certify_eigenvectors(matrix, value, answer, tolerance=tolerance).correct for value in eigenvalues]
    return _decided(np.any(found, axis=0))


def eigenvalue(case: PeerCase) -> Found:
    """A number against each eigenvalue as a candidate, or against that of a named eigenvector."""
    matrix = cases.array(case.params["matrix"])
    truths = np.linalg.eigvals(matrix)
    if case.params["eigenvector"] is not None:
        vector = cases.array(case.params["eigenvector"])
        truths = np.array([vector @ matrix @ vector / (vector @ vector)])
    return _best(cases.read(case.student, ()), [(_target(truth, _tolerance(case)), 1.0) for truth in truths])


def _columns(case: PeerCase, vectors: object) -> Array:
    matrix = cases.array(vectors)
    return matrix.T if case.params["vectors_as"] == "rows" else matrix


def same_span(case: PeerCase) -> Found:
    """A basis of the true subspace: the number of vectors, then their rank, then the angles."""
    truth, answer = (_columns(case, vectors) for vectors in (case.expected_answer, case.student))
    tolerance = Tolerance(atol=np.sin(case.params.get("max_angle", EXACT.atol)))
    return _best(answer[None], [(_target(truth, tolerance, Span()), 1.0)])


def in_span(case: PeerCase) -> Found:
    """A vector in the span of given ones."""
    basis = cases.array(case.params["basis"]).T
    return _decided(certify_members(basis, _sent(case, (len(basis),)), tolerance=case.params["rtol"]).correct)


def independent(case: PeerCase) -> Found:
    """Columns that span as many dimensions as they are: in the whole space, only rank can be missing."""
    vectors = _columns(case, case.student)
    sines, _ = Span().sines(vectors[None], np.eye(len(vectors))[None])
    return _decided(sines <= EXACT.atol)


def same_affine(case: PeerCase) -> Found:
    """The directions of either in the span of the other's, and so the step from one offset to the other."""
    ours, theirs = (cases.array(side) for side in (case.expected_answer, case.student))
    inside = [
        certify_members(ours[:, :-1], theirs[:, :-1].T, tolerance=EXACT.atol).correct,
        certify_members(theirs[:, :-1], ours[:, :-1].T, tolerance=EXACT.atol).correct,
    ]
    step = (theirs - ours)[:, -1]
    if step.any():
        inside.append(certify_members(ours[:, :-1], step[None], tolerance=EXACT.atol).correct)
    return _decided(np.concatenate(inside))


# Reading


def read_as_number(case: PeerCase) -> Found:
    """A number's text."""
    value = read_number(case.student)
    return _decided(np.array([case.expected_answer is None or value == case.expected_answer]))


def read_as_matrix(case: PeerCase) -> Found:
    """A matrix's text, for a field of its shape; without one, for a matrix of any small shape."""
    if case.expected_answer is not None:
        truth = cases.array(case.expected_answer)
        return _decided(cases.read(case.student, truth.shape)[0] == truth)
    cases.read(case.student, *product(range(1, 4), repeat=2))
    return Found("correct")


# Kernels


def all_right_angles(case: PeerCase) -> Found:
    """Every column of A at a right angle to the span of B; the columns of A are independent."""
    A, B = (cases.array(case.params[name]) for name in "AB")
    sines, _ = Span().sines(A.T[:, :, None], B[None])
    rank, _ = Span().sines(A[None], np.eye(len(A))[None])
    right = np.abs(np.sin(case.expected_answer) - sines) <= case.params["atol"]
    return _decided(right & (rank <= case.params["atol"]))


def largest_angle(case: PeerCase) -> Found:
    """The largest principal angle, by its sine."""
    A, B = (cases.array(case.params[name]) for name in "AB")
    sines, _ = Span().sines(A[None], B[None])
    return _decided(Tolerance(rtol=case.params["rtol"]).accepts(sines, np.sin(cases.array(case.expected_answer))))


def cheapest_matching(case: PeerCase) -> Found:
    """The column that the best matching gives each row."""
    cost = cases.array(case.params["cost"])
    (chosen,) = assign(cost.T[None])
    return _decided(cost[np.arange(len(cost)), chosen] == cases.array(case.expected_answer))
