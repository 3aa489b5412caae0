"""Wrong answers that are sent alone: those of a batch of which it is proven that they are wrong."""

from __future__ import annotations

import numpy as np

from tests.accuracy.asked import Fields
from tests.accuracy.cases import Case, cases_of
from tests.accuracy.known import Known
from tests.accuracy.proofs import proven_wrong
from tests.accuracy.truths import Work

__all__ = ["alone", "sent_alone"]


def alone(generator: str, work: Work, known: Known, fields: Fields, *, own: bool = True) -> list[Case]:
    """Cases of those answers, sent alone, that are proven to be wrong."""
    return sent_alone(generator, work, known, known.sent(fields), own=own)


def sent_alone(generator: str, work: Work, known: Known, sent: Fields, *, own: bool = True) -> list[Case]:
    """The same of answers in the layout in which they are sent."""
    question = known.question.id
    proven = proven_wrong(work.every_known(question), sent, own=own)
    rows = np.flatnonzero(proven).tolist()
    return cases_of(generator, question, "wrong", sent, rows=rows)
