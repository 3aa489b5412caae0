"""What a lint shows as a document: its findings, and what students would see and earn."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.assignments import Assignment, FieldSpec, answer_schema
from app.checking.figures import as_json
from app.checking.finding import Finding
from app.checking.lint import Linted
from app.checking.lint_samples import perfect
from app.checking.plan import prepare
from app.checking.questions import Array
from app.language import Language, render

__all__ = ["example_submission", "lint_document"]

_NO_FILE = "00000000-0000-0000-0000-000000000000"  # in the place of a file's id


def example_submission(assignment: Assignment) -> dict[str, Any]:
    """The answers of a perfect submission, with the digits asked; a person grades its texts and files.

    Parameters
    ----------
    assignment : Assignment
        A valid one.

    Returns
    -------
    dict
        The `answers` object, by question and field.
    """
    plan = prepare(assignment)
    numeric = [question.id for question in assignment.questions if not question.manual]
    answers = perfect(plan, numeric, np.random.default_rng(0), rounded=True, move=False)
    return {
        question.id: {name: _NO_FILE if spec.kind == "file" else "…" for name, spec in question.fields.items()}
        if question.manual
        else {name: _plain(value, question.fields[name]) for name, value in answers[question.id].items()}
        for question in assignment.questions
    }


def _plain(value: Array, spec: FieldSpec) -> object:
    """Numbers as they are written: whole ones without a point, and no negative zero; complex ones as texts."""
    if spec.kind == "complex":
        return _texts(value)
    if spec.kind == "labels":
        return as_json(value, spec)
    small = bool((np.abs(value) < 2.0**53).all())
    whole = small and np.array_equal(value, np.rint(value))
    listed: object = np.where(value == 0, 0.0, value).astype(int if whole else float).tolist()
    return listed


def _texts(value: Array) -> object:
    if value.ndim:
        return [_texts(inner) for inner in value]
    real, imaginary = float(value.real) + 0.0, float(value.imag) + 0.0
    return f"{real!r}{'-' if imaginary < 0 else '+'}{abs(imaginary)!r}i"


def lint_document(linted: Linted, language: Language) -> dict[str, object]:
    """Write down what the lint says, and what a student would see.

    Parameters
    ----------
    linted : Linted
    language : Language

    Returns
    -------
    dict
        As JSON: `findings`, `skipped`, and of a valid assignment whose questions can all be solved `assignment`,
        `version`, `points`, `questions`, `answer_schema` and `example`.
    """
    document: dict[str, object] = {
        "findings": [_finding(one, language) for one in linted.findings],
        "skipped": list(linted.skipped),
    }
    assignment = linted.assignment
    if assignment is None or linted.skipped:
        return document
    earned: dict[str, dict[str, float]] = {question.id: {} for question in assignment.questions}
    for one in linted.earned:
        earned[one.question][one.mistake] = one.points
    return document | {
        "assignment": assignment.slug,
        "version": assignment.version,
        "points": assignment.points,
        **({"draws": dict(zip(("tried", "acceptable"), linted.draws, strict=True))} if assignment.variants else {}),
        "questions": [
            {
                "id": question.id,
                "title": question.title.render(language),
                "points": question.points,
                "manual": question.manual,
                "mistakes": [
                    {"id": one.id, "points": earned[question.id].get(one.id), "hint": one.hint.render(language)}
                    for one in question.mistakes
                ],
            }
            for question in assignment.questions
        ],
        "answer_schema": answer_schema(assignment),
        "example": example_submission(assignment),
    }


def _finding(finding: Finding, language: Language) -> dict[str, object]:
    return {
        "code": finding.code,
        "message": render(finding.message, language),
        "pointer": finding.pointer,
        "line": finding.line,
        "column": finding.column,
        "question": finding.question,
    }
