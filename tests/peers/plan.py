"""Which case is run how, which is decided another way here, and which is not run, each with its reason.

``docs/peers.md`` holds what `page` writes. After a change here:
``.venv/bin/python -c "from tests.peers.plan import write; write()"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.peers import runners
from tests.peers.cases import CASES, PeerCase, Verdict
from tests.peers.runners import Runner

__all__ = ["ELSEWHERE", "NOT_RUN", "OTHERWISE", "PAGE", "WAYS", "Otherwise", "Way", "agreeing", "page", "write"]

PAGE = Path(__file__).parents[2] / "docs" / "peers.md"


@dataclass(frozen=True)
class Way:
    """How a kind is run, in words and as a function."""

    how: str
    runner: Runner


@dataclass(frozen=True)
class Otherwise:
    """What Upto says of a case instead of what the peer wants, and why."""

    verdict: Verdict
    why: str


_NUMBER = "sent as JSON, read, compared within `Tolerance(atol, rtol)`"
_FIGURES = "its text read, compared within `Tolerance.digits`"

WAYS: Mapping[str, Way] = {
    "number": Way(_NUMBER, runners.entry_by_entry),
    "number.digits": Way(_FIGURES, runners.entry_by_entry),
    "number.sigfig": Way(_FIGURES, runners.entry_by_entry),
    "number.precision": Way("its text read, compared within `Tolerance.decimals` or exactly", runners.entry_by_entry),
    "number.range": Way("within half the interval's width of its middle; an end counts", runners.within_interval),
    "number.known_wrong": Way("`Choice` of the truth and anticipated answers of half credit", runners.with_anticipated),
    "number.near_miss": Way("`Choice` of the truth and the truth at a wider tolerance", runners.with_near_misses),
    "vector.equal": Way("entry by entry, in double precision", runners.entry_by_entry),
    "vector.up_to_sign": Way("`Signs`, as a matrix of one column", runners.up_to_sign),
    "vector.phase": Way("`Phase`, as a matrix of one column", runners.up_to_phase),
    "vector.proportional": Way("`Choice` of the truth and, for half credit, its `Span`", runners.with_multiples),
    "matrix.equal": Way("shape first, then entry by entry", runners.entry_by_entry),
    "matrix.partial": Way("entry by entry, with the share of entries that are right", runners.share_of_entries),
    "matrix.precision": Way("entry by entry, within `Tolerance.decimals`", runners.entry_by_entry),
    "matrix.symmetric": Way("the matrix against its own transposed", runners.own_transposed),
    "columns.up_to_sign": Way("`Signs`", runners.up_to_column_signs),
    "list.ordered": Way("a vector; words as numbers", runners.in_order),
    "list.unordered": Way("a vector under `Relabelling`; words as numbers", runners.in_any_order),
    "list.grouped_unordered": Way(
        "two fields under one `Relabelling`: one field right, and 5 of 6 entries", runners.groups_in_any_order
    ),
    "set.unordered": Way("a vector under `Relabelling`", runners.in_any_order),
    "eigenvector": Way("`certify_eigenvectors`; for each eigenvalue where none is named", runners.eigenvector),
    "eigenvalue": Way("`Choice` of the matrix's eigenvalues, or of that of the vector named", runners.eigenvalue),
    "span.equal": Way("`Span`: number of vectors, rank, sines", runners.same_span),
    "span.member": Way("`certify_members`", runners.in_span),
    "basis.independent": Way("`Span` of the whole space, in which only rank can be missing", runners.independent),
    "affine.equal": Way("`certify_members` both ways, and for the step between offsets", runners.same_affine),
    "bad_input": Way(
        "the author's side read as solvers read, the learner's as the service does", runners.against_bad_author
    ),
    "parse.number": Way("`read_number`", runners.read_as_number),
    "parse.matrix": Way("`read_answers`, for a field of two axes", runners.read_as_matrix),
    "kernel.subspace_angles": Way("`Span.sines` of each column", runners.all_right_angles),
    "kernel.subspace_angles_max": Way("`Span.sines`", runners.largest_angle),
    "kernel.assignment": Way("`graders.matching.assign`", runners.cheapest_matching),
}

_SHAPE = "The peer marks another number of entries wrong; here it cannot be read for the field, and costs no attempt."
_VECTORS = "Another number of vectors is another shape here: `ShapeMismatchError` before any angle is measured."
_FINITE = "The peer marks it wrong; here it cannot be read, and an array that holds it is wrong in every comparison."

ELSEWHERE: Mapping[str, str] = {
    "pc042": _FINITE,
    "pc329": _FINITE,
    "pc330": _FINITE,
    "pc092": _SHAPE,
    "pc234": _SHAPE,
    "pc181": _VECTORS,
    "pc376": _VECTORS,
    "pc113": "JSON has one kind of list, so that its container is not at fault here: its 3 for π is.",
}
"""Refused by both, but one of the two calls it wrong and the other an error."""

_FEWER = "Fewer digits than asked are right here where the value is: JSON drops trailing zeros."
_MORE = "More digits than asked are right here: a learner may always send them."
_INFINITE = "An infinite truth is none that a solver returns (`Record` refuses it), and infinity cannot be sent."
_EXTRA = "A list of another length cannot be read here; no share of the points is computed from it."
_FRACTIONS = "A fraction is read wherever a number is: 1/3 is exact, and what it saves is rounding."
_NOTATION = "A number is the number it denotes; how it is written is not graded."

OTHERWISE: Mapping[str, Otherwise] = {
    **dict.fromkeys(("pc117", "pc120", "pc219", "pc137"), Otherwise("correct", _FEWER)),
    **dict.fromkeys(
        ("pc125", "pc151", "pc215", "pc218", "pc221", "pc223", "pc225", "pc235"), Otherwise("correct", _MORE)
    ),
    "pc199": Otherwise("correct", "Digits beyond those asked are not graded here, right (pc198) or not."),
    "pc148": Otherwise(
        "correct", "0.04985 is as far from 0.0498 as from 0.0499: the edge of a tolerance is right, on both sides."
    ),
    "pc230": Otherwise("correct", _NOTATION),
    **dict.fromkeys(("pc211", "pc271"), Otherwise("correct", _FRACTIONS)),
    **dict.fromkeys(("pc039", "pc040"), Otherwise("error", _INFINITE)),
    **dict.fromkeys(("pc073", "pc074"), Otherwise("error", _EXTRA)),
    "pc256": Otherwise(
        "incorrect", "Where atol and rtol are both given, the larger of the two bounds counts, not their sum."
    ),
    "pc268": Otherwise("error", "Answers are read as real numbers; complex ones are known to the graders alone."),
    "pc303": Otherwise("correct", "Tolerances are closed: an interval's open end cannot be told from a closed one."),
}
"""Decided differently on purpose; what Upto says is tested as well."""

_ATTEMPTS = "What a later attempt is worth is the assignment's policy, applied by the service to whole submissions."
_COUNT = "Significant figures of a text are not counted: `decimals` counts decimals, and none is demanded."

NOT_RUN: Mapping[str, str] = {
    **dict.fromkeys(("pc055", "pc056", "pc057", "pc060", "pc062"), _ATTEMPTS),
    **dict.fromkeys(("pc288", "pc289", "pc293", "pc294"), _COUNT),
    "pc044": "Upto compares entry by entry and names the worst one; one norm of all entries hides which is wrong.",
    "pc344": "No symmetry here moves or scales: centring and normalising both sides breaks on ties and tiny entries.",
}
"""Outside what Upto is for: there is nothing to run."""


def agreeing() -> list[str]:
    """The cases that are run and decided as the peer, or where it was wrong as the file, says."""
    return [name for name, case in CASES.items() if case.kind in WAYS and name not in OTHERWISE.keys() | NOT_RUN.keys()]


def page() -> str:
    """The tables of the page."""
    run = [CASES[name] for name in agreeing() if name not in ELSEWHERE]
    by_kind = [(kind, [case for case in run if case.kind == kind]) for kind in WAYS]
    counted = (
        f"{len(agreeing())} run and decided alike, {len(OTHERWISE)} run and decided otherwise, {len(NOT_RUN)} not run"
    )
    return "\n".join(
        [
            f"Of {len(CASES)} cases: {counted}.",
            "",
            "## Run, with the same verdict",
            "",
            "| kind | how | cases |",
            "|---|---|---|",
            *(f"| {kind} | {WAYS[kind].how} | {_ids(found)} |" for kind, found in by_kind if found),
            "",
            "## Refused by both, under another name",
            "",
            "| cases | kind | how it differs |",
            "|---|---|---|",
            *_reasons(ELSEWHERE),
            "",
            "## Run, and decided otherwise on purpose",
            "",
            "| cases | kind | Upto says | why |",
            "|---|---|---|---|",
            *_reasons({name: f"{other.verdict} | {other.why}" for name, other in OTHERWISE.items()}),
            "",
            "## Not run",
            "",
            "| cases | kind | why |",
            "|---|---|---|",
            *_reasons(NOT_RUN),
            "",
        ]
    )


def _ids(found: Sequence[PeerCase]) -> str:
    return ", ".join(case.id for case in found)


def _reasons(reasons: Mapping[str, str]) -> list[str]:
    rows = []
    for why, names in groupby(sorted(reasons, key=lambda name: (reasons[name], name)), key=lambda name: reasons[name]):
        found = [CASES[name] for name in names]
        kinds = ", ".join(dict.fromkeys(case.kind for case in found))
        rows.append(f"| {_ids(found)} | {kinds} | {why} |")
    return sorted(rows)


def write() -> None:
    """Write the tables into the page, below what is written by hand."""
    by_hand, _, _ = PAGE.read_text(encoding="utf-8").partition("Of 190 cases:")
    PAGE.write_text(by_hand + page(), encoding="utf-8")
