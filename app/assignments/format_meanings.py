"""What every key of the format means: the docstring below a model's attribute, or else a sentence here."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from app.assignments.parts import Model

__all__ = ["MEANINGS", "meanings_of"]

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "Assignment": {
        "format": "The version of this format.",
        "slug": "The assignment's name in addresses and submissions.",
        "title": "Its name as learners see it.",
        "points": "The sum of the questions' points.",
        "policy": "When answers are taken, how many, and what learners may see.",
        "data": "Numbers, lists of them, and groups of those by name, for inputs to take. Learners see them.",
        "questions": "The questions, in the order in which learners see them.",
    },
    "Bilingual": {
        "en": "English.",
        "zh-TW": "Traditional Chinese.",
    },
    "ToleranceSpec": {
        "decimals": "Right to so many decimals: the error is at most half a unit of the last one.",
        "significant": "Right to so many significant digits.",
        "atol": "The error is at most this. With `rtol`, the larger of the two allowances holds.",
        "rtol": "The error is at most this share of the true entry.",
        "exact": "The error is at most rounding: 1e-9.",
    },
    "MoveSpec": {
        "axes": "The axes that the symmetry acts on, counted from 0.",
        "magnitude": "Whether only the order counts here, not the sign: for eigenvalues beside eigenvectors.",
    },
    "Node": {
        "solver": "A solver's name, such as `pca.principal_components`.",
        "inputs": "Its arguments, by name.",
        "options": "Its options, by name, where they are not the defaults.",
    },
    "FieldSpec": {
        "shape": "The length of each axis; `[]` is one number.",
        "required": "Whether an answer has to have it.",
        "tolerance": "What holds for this field in place of the question's tolerance.",
        "moves": "How the question's symmetry moves this field; without it, the field stays where it is.",
    },
    "SymmetrySpec": {
        "group": "What is free: the signs of columns, their order, a rotation, and the like.",
        "pinned": "Components that keep their number under a relabelling, counted from 0.",
    },
    "Question": {
        "id": "Its name in answers, such as `1.1`. In YAML it needs quotes.",
        "title": "Its name as learners see it.",
        "prompt": "What is asked: Markdown with LaTeX between dollar signs.",
        "points": "What a right answer earns.",
        "fields": "The parts of an answer, by name.",
        "truth": "How the truth is computed, or its figures written down. Without it, a person grades the question.",
        "symmetry": "What the mathematics leaves free. Without it, entries are compared one by one.",
        "tolerance": "What holds for this question in place of the assignment's tolerance.",
        "conventions": "Other ways of writing the truth, with full credit.",
        "mistakes": "Known slips, with part of the credit and a hint.",
        "properties": "Other stationary points of EM that earn something.",
        "checks": "Feedback where parts of an answer contradict each other. It changes no points.",
    },
    "Convention": {
        "id": "Its name in reports.",
        "title": "What it is called in the feedback.",
    },
    "Mistake": {
        "id": "Its name in reports.",
    },
    "StationaryPoint": {
        "id": "Its name in reports.",
        "title": "What it is called in the feedback.",
        "credit": "The share of the points that it earns.",
    },
    "SumCheck": {
        "kind": "Which check this is.",
        "total": "The field that should be the sum.",
        "parts": "The fields that should add up to it.",
        "within": "By how much the sum may miss.",
    },
    "UnitRowsCheck": {
        "kind": "Which check this is.",
        "field": "The field whose rows should sum to one.",
        "within": "By how much a row may miss.",
    },
    "EmbeddingCheck": {
        "kind": "Which check this is.",
        "field": "The field with the embedding, a vertex a row.",
        "inputs": "The Laplacian `L` and the degree matrix `D`.",
    },
    "Input": {
        "question": "Another question: its answer is taken, the learner's own for follow-through.",
        "value": "The value itself: a number, or lists of numbers.",
    },
    "Draw": {
        "generator": "A generator's name, such as `connected_graph`.",
        "options": "Its options, by name, where they are not the defaults.",
    },
    "Condition": {
        "question": "The question, which is solved on the drawn data.",
        "at_least": "The least that the number may be.",
        "at_most": "The most that it may be.",
    },
    "Policy": {
        "opens_at": "When answers are taken from. A day alone is its first moment. Before it learners see no "
        "questions and no data.",
        "due_at": "After this an answer is late. It holds to the end of its minute; where it names a second, of that.",
        "closes_at": "After this no answer is taken. It holds as `due_at` does.",
        "attempts": "How many different answers a learner may send; without it, any number.",
        "cooldown_seconds": "How long a learner waits between two different answers.",
        "counts": "Which attempt counts.",
        "release": "When learners see what `feedback.after` says; see authoring.md.",
    },
}
"""By model and key: what no docstring says."""


def meanings_of(model: type[Model]) -> dict[str, str]:
    """Say what each key of a model means.

    Parameters
    ----------
    model : type of Model

    Returns
    -------
    dict of str to str
        By the key as it is written in files, in the order of the model.
    """
    documented = _docstrings(model)
    said = MEANINGS.get(model.__name__, {})
    found = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        found[key] = documented[name] if name in documented else said[key]
    return found


@cache
def _docstrings(model: type[Model]) -> dict[str, str]:
    """The strings that stand below attributes, of the model and of those that it extends."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner is not Model and issubclass(owner, Model):
            found |= _below_attributes(owner)
    return found


def _below_attributes(owner: type[Model]) -> dict[str, str]:
    body = ast.parse(inspect.getsource(owner)).body[0]
    if not isinstance(body, ast.ClassDef):
        return {}
    found: dict[str, str] = {}
    for before, after in pairwise(body.body):
        if not (isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            found[before.target.id] = " ".join(after.value.value.replace("``", "`").split())
    return found
