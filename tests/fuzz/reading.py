"""The parser: any bytes are read, or refused with a reason, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from random import Random

import numpy as np

from app.answers import Answer, FieldAnswer, describe, read_answers, read_envelope, read_json
from app.answers.digests import answers_digest
from app.errors import Refusal, problem_document
from app.language import LANGUAGES
from tests.fuzz.documents import body
from tests.fuzz.material import Target, targets
from tests.fuzz.running import BrokenError, Input, Part

__all__ = ["Reading", "read"]

ROUND = 1000
LONGEST = 1 << 17
"""Bytes of a refusal: a hundred problems of a few hundred characters, however large the input was."""

Answers = Mapping[str, Mapping[str, Answer]]


@cache
def _by_slug() -> dict[str | None, Target]:
    return {target.slug: target for target in targets()}


def read(sent: bytes) -> tuple[Target, Answers] | Refusal:
    """Read a body as the service does; an assignment that is not there is taken for the one with every kind."""
    try:
        envelope = read_envelope(read_json(sent))
        target = _by_slug().get(envelope.assignment) or _by_slug()["kinds"]
        return target, read_answers(envelope.answers, target.assignment.answer_fields)
    except Refusal as refusal:
        return refusal


class Reading(Part):
    """Bodies of submissions."""

    name = "parser"

    def open(self, seed: int) -> None:  # noqa: ARG002 - the same for every seed
        """Load the assignments."""
        targets()

    def inputs(self, rng: Random) -> Iterator[Input]:
        """Submissions, changed."""
        return (Input(body(rng)) for _ in range(ROUND))

    def judge(self, sent: Input) -> str:
        """Read, and look at what was read."""
        found = read(sent.data)
        if isinstance(found, Refusal):
            _inspect_refusal(found)
            return str(found.status)
        _inspect_answers(*found)
        return "read"


def _inspect_refusal(refusal: Refusal) -> None:
    if refusal.status not in (400, 413, 422) or not str(refusal.detail):
        raise BrokenError(f"refused with {refusal.status}: {refusal.detail}")
    for language in LANGUAGES:
        written = json.dumps(problem_document(refusal, language), ensure_ascii=False).encode("utf-8")
        if len(written) > LONGEST:
            raise BrokenError(f"a refusal of {len(written):,} bytes")


def _inspect_answers(target: Target, answers: Answers) -> None:
    for question, fields in answers.items():
        for name, answer in fields.items():
            declared = target.assignment.answer_fields[question][name]
            if isinstance(answer, FieldAnswer):
                values = answer.values
                parts = 2 if declared.kind == "complex" else 1
                if values.shape not in declared.shapes or not np.isfinite(values).all():
                    raise BrokenError(f"{question} {name} was read as {values!r}")
                if len(answer.texts) != parts * values.size or values.flags.writeable:
                    raise BrokenError(f"{question} {name} has {len(answer.texts)} texts for {values.shape}")
            json.dumps(describe(answer), allow_nan=False)
    if len(answers_digest(answers)) != 64:
        raise BrokenError("the answers have no digest")
