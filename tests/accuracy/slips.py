"""Known mistakes, what follows from a learner's own earlier answers, and mistakes on top of that.

Everything is solved anew with `reference` from the assignment's own words; nothing of `app.checking` is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

import graders
import reference
from app.assignments import Input, Mistake, Question
from tests.accuracy.asked import Array, Fields, decimals_asked, figure
from tests.accuracy.cases import Case, cases_of
from tests.accuracy.known import Known
from tests.accuracy.proofs import proven_apart
from tests.accuracy.truths import Work, runs_of

__all__ = ["follow_through", "known_mistake", "mistake_on_follow_through"]

_TRANSFORM: Mapping[str, Callable[[Array], Array]] = {
    "sqrt": np.sqrt,
    "square": np.square,
    "negate": np.negative,
    "conjugate": np.conj,
    "real": lambda value: value.real.astype(value.dtype),
}
_APART = 4.0  # tolerances

Earlier = dict[tuple[str, str], Array]
"""A learner's own answers, by question and field, in the declared layout."""


def solved(work: Work, question: Question, mistake: Mistake | None = None, own: Earlier | None = None) -> Known:
    """What a question's solver gives under a mistake, on a learner's own earlier answers, and what moves it then."""
    if question.truth is None:
        raise LookupError(f"question {question.id} is graded by hand")
    sources = {**question.truth.inputs, **(mistake.inputs if mistake else {})}
    options = {**question.truth.options, **(mistake.options if mistake else {})}
    solver = question.truth.solver
    if mistake is not None and mistake.solver is not None:
        solver, sources, options = mistake.solver, dict(mistake.inputs), dict(mistake.options)
    record = reference.SOLVERS[solver](
        **{name: _input(work, source, own or {}) for name, source in sources.items()}, **options
    )
    known, fields = work.known(question.id), {}
    for name, spec in question.fields.items():
        value = figure(record, name, spec)[tuple(slice(0, size) for size in known.shape(name))]
        fields[name] = _TRANSFORM[mistake.apply[name]](value) if mistake and name in mistake.apply else value
    spectrum = getattr(record, (question.symmetry and question.symmetry.spectrum) or "", None)
    return (known if spectrum is None else replace(known, blocks=runs_of(spectrum))).narrowed(fields)


def _input(work: Work, source: Input, own: Earlier) -> Any:  # noqa: ANN401 - a solver's argument
    if source.data is not None:
        return work.source(source)
    if source.question is None or source.field is None:
        return source.value
    if (source.question, source.field) in own:
        return own[source.question, source.field]
    earlier = work.assignment.question(source.question)
    slip = next((one for one in earlier.mistakes if one.id == source.under), None)
    return solved(work, earlier, slip).fields[source.field]


def known_mistake(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One declared slip after the other, moved, in any layout, in full precision or rounded: named, and no more."""
    spec = work.assignment.question(question)
    if not spec.mistakes:
        return []
    mistake = spec.mistakes[int(rng.integers(len(spec.mistakes)))]
    known = solved(work, spec, mistake)
    fields = known.acted(known.draw(rng, size))
    if rng.random() < 0.7:
        fields = _rounded(known, fields, mistake)
    layouts = [one for one in spec.conventions if one.layout and not one.options]
    if layouts and rng.random() < 0.3:
        known = work.known(question, layouts[int(rng.integers(len(layouts)))])
    sent = known.sent({name: fields[name] for name in known.required})
    return cases_of("known mistake", question, "wrong", sent, matched=mistake.id)


def _rounded(known: Known, fields: Fields, mistake: Mistake | None = None) -> Fields:
    written = {}
    for name, value in fields.items():
        asked = mistake.tolerance if mistake and mistake.tolerance else known.specs[name]
        count = decimals_asked(asked, value, span=known.group == "span")
        written[name] = value if count is None else np.round(value, count)
    return written


# --- A learner's own earlier answers: wrong, but sound enough to be carried on -------------------------------------


def _earlier(work: Work, rng: np.random.Generator, question: Question) -> tuple[dict[str, Fields], Earlier] | None:
    """Wrong earlier answers as they are sent, and as the inputs of what follows."""
    asked = {
        source.question for source in (question.truth.inputs.values() if question.truth else ()) if source.question
    }
    if not asked:
        return None
    earlier = work.assignment.question(min(asked))
    if earlier.fields.keys() == {"delta"}:
        return _other_rows(work, rng, earlier)
    if earlier.fields.keys() == {"W"} or earlier.fields.keys() == {"D", "L"}:
        return _other_graph(work, rng)
    return _other_known(work, rng, earlier)


def _other_known(work: Work, rng: np.random.Generator, earlier: Question) -> tuple[dict[str, Fields], Earlier] | None:
    """An answer with a known slip, which carries on in full where it is of the structure that it has to be of."""
    if not earlier.mistakes:
        return None
    slip = earlier.mistakes[int(rng.integers(len(earlier.mistakes)))]
    known = solved(work, earlier, slip)
    moved = known.acted(known.draw(rng, 1), known.required)
    digits = int(rng.integers(5, 9))  # enough that what follows is the same either way
    sent = {name: np.round(value, digits) for name, value in moved.items()}
    if any(not value.any(axis=1).all() for name, value in sent.items() if earlier.fields[name].kind == "labels"):
        return None  # a cluster without samples
    for name, value in sent.items():
        structure = earlier.fields[name].structure
        if structure is not None and not graders.STRUCTURES[structure](
            value[0], 0.5 * 10.0**-digits, work.known(earlier.id).fields[name]
        ):
            return None
    return {earlier.id: known.sent(sent)}, {(earlier.id, name): value[0] for name, value in sent.items()}


def _other_rows(work: Work, rng: np.random.Generator, earlier: Question) -> tuple[dict[str, Fields], Earlier]:
    """Responsibilities of which a few unlabelled rows are wrong: less than a tenth of the entries."""
    name = next(iter(earlier.fields))
    known = work.known(earlier.id)
    delta = known.acted(known.draw(rng, 1))[name]
    soft = np.flatnonzero(delta[0].max(axis=1) < 1.0)
    wrong = rng.choice(soft, size=max(1, len(delta[0]) // 10 - 1), replace=False)
    delta[0, wrong] = rng.dirichlet(np.full(delta.shape[2], 3.0), size=len(wrong))
    rounded = np.round(delta, int(rng.integers(5, 9)))  # digits enough that what follows is the same either way
    return {earlier.id: {name: rounded}}, {(earlier.id, name): rounded[0]}


def _other_graph(work: Work, rng: np.random.Generator) -> tuple[dict[str, Fields], Earlier] | None:
    """A graph with one edge more or less, and the degrees and Laplacian that are right for it."""
    first = next(one for one in work.assignment.questions if "W" in one.fields)
    second = next(one for one in work.assignment.questions if {"D", "L"} <= one.fields.keys())
    W = work.known(first.id).fields["W"].copy()
    changed = W
    while changed is W:
        i, j = rng.integers(len(W), size=2)
        if i != j:
            trial = W.copy()
            trial[i, j] = trial[j, i] = 1.0 - W[i, j]
            count, _ = connected_components(trial, directed=False)
            changed = trial if count == 1 and trial.sum() / 2 >= len(W) else W
    built = reference.graphs.laplacian(changed)
    sent = {first.id: {"W": changed[None]}, second.id: {"D": built.D[None], "L": built.L[None]}}
    return sent, {(first.id, "W"): changed, (second.id, "D"): built.D, (second.id, "L"): built.L}


def _drawn(
    work: Work, rng: np.random.Generator, question: str, size: int
) -> Iterator[tuple[Known, dict[str, Fields], Earlier, Array]]:
    """Wrong earlier answers, the question's truth on them, and an element that is still free."""
    spec = work.assignment.question(question)
    for _ in range(size):
        found = _earlier(work, rng, spec)
        if found is None:
            return
        sent, own = found
        try:
            known = solved(work, spec, None, own)
        except reference.errors.SolverError:  # nothing follows from it
            continue
        free = spec.symmetry is not None and spec.symmetry.same_as is None
        element = known.draw(rng, 1) if free else known.identity(1)
        beside = {name: fields for name, fields in sent.items() if name != question}
        yield known, beside, own, element


def follow_through(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """What follows correctly from wrong earlier answers is right; only the earlier ones are not."""
    cases: list[Case] = []
    if work.assignment.question(question).follow_through < 1.0:
        return cases
    for known, beside, _, element in _drawn(work, rng, question, size):
        fields = known.acted(element)
        fields = _rounded(known, fields) if rng.random() < 0.7 else fields
        sent = known.sent({name: fields[name] for name in known.required})
        cases += cases_of("follow-through", question, "right", sent, beside, only=True)
    return cases


def mistake_on_follow_through(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """A known slip, made on top of wrong earlier answers, is not right."""
    spec = work.assignment.question(question)
    cases: list[Case] = []
    if not spec.mistakes:
        return cases
    for known, beside, own, element in _drawn(work, rng, question, size):
        mistake = spec.mistakes[int(rng.integers(len(spec.mistakes)))]
        try:
            slipped = solved(work, spec, mistake, own)
        except reference.errors.SolverError:
            continue
        right = (known, work.known(question))  # two slips may undo each other
        if not all(proven_apart(one, slipped.fields, _APART) for one in right):
            continue
        fields = slipped.acted(element)
        fields = _rounded(known, fields, mistake) if rng.random() < 0.7 else fields
        sent = known.sent({name: fields[name] for name in known.required})
        cases += cases_of("mistake on a follow-through", question, "wrong", sent, beside)
    return cases
