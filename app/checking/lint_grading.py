"""Grade what students might send: the truth, rounded and moved as well; zeros, slightly wrong answers, mistakes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from app.answers import read_answers, read_json
from app.assignments import Assignment
from app.checking.check import Submission, check_with
from app.checking.figures import as_json
from app.checking.finding import Finding, found
from app.checking.lint_samples import Sample, perfect, samples
from app.checking.plan import Plan
from app.checking.questions import Array
from app.checking.report import QuestionReport
from app.language import Message, text

__all__ = ["Earned", "Graded", "grading_findings"]


@dataclass(frozen=True)
class Earned:
    """What a mistake earns.

    Parameters
    ----------
    question, mistake : str
    points, of : float
    """

    question: str
    mistake: str
    points: float
    of: float


@dataclass(frozen=True)
class Graded:
    """What grading showed: findings, and what each mistake earns."""

    findings: tuple[Finding, ...]
    earned: tuple[Earned, ...]


Answers: TypeAlias = Mapping[str, Mapping[str, Array]]


def grading_findings(plan: Plan, questions: Sequence[str], known: Collection[tuple[str, str]]) -> Graded:
    """Grade what students might send, and find what is not graded as it should be.

    Parameters
    ----------
    plan : Plan
    questions : sequence of str
        Those whose truth can be computed.
    known : collection of (question, id)
        Mistakes of which something was found already: nothing more is said of them.

    Returns
    -------
    Graded
    """
    rng = np.random.default_rng(0)
    tried: list[tuple[str, Sample]] = []
    for id_ in questions:
        made = samples(plan, plan.questions[id_], rng)
        tried += [(id_, one) for one in made if one.kind != "mistake" or (id_, one.id) not in known]
    reports = _grade(plan, [{id_: one.answer} for id_, one in tried])
    wrong: list[Finding] = []
    earned: list[Earned] = []
    graded: dict[str, list[tuple[Sample, QuestionReport]]] = {id_: [] for id_ in questions}
    for (id_, sample), report in zip(tried, reports, strict=True):
        graded[id_].append((sample, report[id_]))
        if sample.kind == "mistake" and report[id_]["matched"] == sample.id:
            earned.append(Earned(id_, sample.id, report[id_]["score"], report[id_]["max_score"]))
    for id_ in questions:
        wrong += _judged(id_, graded[id_])
    clean = [id_ for id_ in questions if id_ not in {one.question for one in wrong}]
    return Graded((*wrong, *_linked(plan, clean, rng)), tuple(earned))


def _grade(plan: Plan, answers: Sequence[Mapping[str, Mapping[str, Array]]]) -> list[dict[str, QuestionReport]]:
    """Grade answers as they would arrive: as JSON."""
    assignment = plan.assignment
    read = [read_answers(read_json(_written(assignment, one)), assignment.answer_fields) for one in answers]
    return [report["questions"] for report in check_with(plan, [Submission(one) for one in read])]


def _written(assignment: Assignment, answers: Answers) -> bytes:
    fields = {id_: assignment.question(id_).fields for id_ in answers}
    document = {
        id_: {name: as_json(value, fields[id_][name]) for name, value in answer.items()}
        for id_, answer in answers.items()
    }
    return json.dumps(document).encode()


_REFUSED: Mapping[str, Message] = {
    "as it is": text("The solver's own answer is not graded as correct: {verdict}. Look at symmetry and tolerances."),
    "rounded": text(
        "The right answer, rounded to the digits asked, is not graded as correct: {verdict}. Ask for more digits, or "
        "widen the tolerance."
    ),
    "moved": text(
        "The right answer under another element of its symmetry is not graded as correct: {verdict}. The fields do "
        "not all move with the symmetry as declared."
    ),
    "convention": text("The right answer in the convention {id} is not graded as correct: {verdict}."),
}
_ACCEPTED: Mapping[str, Message] = {
    "zeros": text("An answer of zeros is graded as correct. Narrow the tolerance, or change the data."),
    "perturbed": text(
        "{field} is graded as correct although it is off by twenty tolerances: the symmetry leaves everything free."
    ),
}


def _judged(id_: str, graded: Sequence[tuple[Sample, QuestionReport]]) -> Iterator[Finding]:
    """What is wrong with how the samples of one question were graded: of each kind, once."""
    refused = [(one, report) for one, report in graded if one.kind in _REFUSED and not _right(report)]
    if refused:
        sample, report = refused[0]
        code = "truth_refused" if sample.kind == "as it is" else f"{sample.kind}_refused"
        path = ("conventions", sample.id) if sample.kind == "convention" else ("truth",)
        yield found(code, _filled(_REFUSED[sample.kind], sample, report), id_, *path, ids=(sample.id,))
        return
    if any(one.kind == "zeros" and report["verdict"] == "correct" for one, report in graded):
        yield found("zeros_accepted", _ACCEPTED["zeros"], id_, "truth")
    for name in dict.fromkeys(one.id for one, _ in graded if one.kind == "perturbed"):
        verdicts = {report["verdict"] for one, report in graded if one.kind == "perturbed" and one.id == name}
        if verdicts == {"correct"}:
            message = Message(_ACCEPTED["perturbed"].template, {"field": name})
            yield found("wrong_accepted", message, id_, "fields", name, ids=(name,))
    for sample, report in graded:
        if sample.kind == "mistake" and report["matched"] != sample.id:
            yield _mistaken(id_, sample, report)


_VERDICTS: Mapping[str, Message] = {"partial": text("only partly right"), "incorrect": text("wrong")}


def _right(report: QuestionReport) -> bool:
    """Whether the question and all of its fields, optional ones too, are correct."""
    return all(one["verdict"] == "correct" for one in (report, *report["fields"].values()))


def _verdict(report: QuestionReport) -> object:
    """What became of an answer instead of being correct: a verdict, or what failed."""
    wrong = [name for name, field in report["fields"].items() if field["verdict"] != "correct"]
    if report["verdict"] == "correct":
        return text("{fields} is wrong", fields=", ".join(wrong))
    return report.get("failure") or _VERDICTS.get(report["verdict"], report["verdict"])


def _filled(message: Message, sample: Sample, report: QuestionReport) -> Message:
    said = {"verdict": _verdict(report)} | ({"id": sample.id} if sample.kind == "convention" else {})
    return Message(message.template, said)


def _mistaken(id_: str, sample: Sample, report: QuestionReport) -> Finding:
    """A mistake that is graded as something else."""
    matched = report.get("failure") or report["matched"]
    if matched is None:
        message = text("An answer with the mistake {id} is not recognised as that, and earns nothing.", id=sample.id)
    else:
        message = text(
            "An answer with the mistake {id} is graded as {matched}. Change it or take it out.",
            id=sample.id,
            matched=matched,
        )
    return found("mistake_not_recognised", message, id_, "mistakes", sample.id, ids=(sample.id,))


def _linked(plan: Plan, questions: Sequence[str], rng: np.random.Generator) -> Iterator[Finding]:
    """Answers to all questions at once, in which links and shared elements count."""
    trials = [perfect(plan, questions, rng, rounded=rounded, move=move) for rounded, move in _TRIALS]
    refused: set[str] = set()
    for report in _grade(plan, trials):
        for id_ in questions:
            if not _right(report[id_]) and id_ not in refused:
                refused.add(id_)
                message = text(
                    "The right answer is not graded as correct when the questions it refers to are answered as well: "
                    "{verdict}. Look at its links and at the symmetry that it shares.",
                    verdict=_verdict(report[id_]),
                )
                yield found("linked_refused", message, id_, "truth")


_TRIALS = ((False, False), (True, False), (False, True), (True, True))
