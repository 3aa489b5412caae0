"""Rounds of the benchmark: one assignment each, every generator on each of its questions, graded together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # comes with scikit-learn, without types

from app.assignments import Assignment, read_assignment, shipped_assignments
from tests.accuracy.cases import Case, Expected, Failure, failures_of
from tests.accuracy.problems import make_problem
from tests.accuracy.right import RIGHT
from tests.accuracy.spellings import respelled
from tests.accuracy.truths import Work
from tests.accuracy.wrong import WRONG

__all__ = ["Round", "Tally", "cases_of_assignment", "cases_of_round", "graded", "run_round"]

_TURNS = ("hw3", "pca", "graph", "gaussians", "hw3", "graph", "pca", "lines", "hw3", "autoencoder", "kinds")
_CASES = 1500  # of a round, about
_NUMBERS = 30_000  # in the answers of one generator to one question, about

Key = tuple[Expected, str]


@dataclass
class Tally:
    """How many cases each generator made, and those that failed, with the round that made them."""

    cases: Counter[Key] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    """Cases by the name of the function that made them."""
    kinds: Counter[Key] = field(default_factory=Counter)
    """Cases that have a field of a kind."""
    failures: list[tuple[int, str, Failure]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in another tally."""
        self.cases.update(other.cases)
        self.made.update(other.made)
        self.kinds.update(other.kinds)
        self.failures += other.failures

    @property
    def total(self) -> int:
        """All cases."""
        return self.cases.total()


def _assignment(seed: int, number: int) -> tuple[str, Assignment, np.random.Generator]:
    rng = np.random.default_rng([seed, number])
    family = _TURNS[number % len(_TURNS)]
    if family == "hw3":
        return family, read_assignment(shipped_assignments()["hw3"]), rng
    return family, make_problem(family, rng, f"accuracy-{seed}-{number}"), rng


@dataclass
class Round:
    """The cases of one round, before they are graded."""

    family: str
    assignment: Assignment
    cases: list[Case] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)


@lru_cache(maxsize=8)
def _work(assignment: Assignment) -> Work:
    return Work(assignment)


def cases_of_round(seed: int, number: int, about: int = _CASES) -> Round:
    """Make the cases of one round, `about` so many; the same again for the same arguments."""
    return cases_of_assignment(*_assignment(seed, number), about)


def cases_of_assignment(
    family: str, assignment: Assignment, rng: np.random.Generator, about: int, *, thin: bool = False
) -> Round:
    """Make cases of every question of an assignment with every generator, `about` so many.

    Where there are more questions and generators than that, `thin` leaves some out at random.
    """
    generators = (*RIGHT, *WRONG)
    work = _work(assignment)
    every = about // (len(work.numeric) * len(generators))
    share = about / (2 * len(work.numeric) * len(generators)) if thin else 1.0
    made = Round(family, assignment)
    for question in work.numeric:
        size = max(2, min(2 * every + 1, _NUMBERS // work.known(question).entries))
        for generator in generators:
            cases = generator(work, rng, question, size) if rng.random() < share else []
            made.cases += [respelled(case, assignment, rng) for case in cases]
            made.made[generator.__name__] += len(cases)
    return made


def run_round(seed: int, number: int, about: int = _CASES) -> Tally:
    """Make and grade the cases of one round."""
    with threadpool_limits(1):
        return graded(cases_of_round(seed, number, about), number)


def graded(made: Round, number: int) -> Tally:
    """Grade the cases of a round."""
    tally = Tally(Counter((case.expected, case.generator) for case in made.cases), made.made)
    for case in made.cases:
        declared = made.assignment.question(case.question).fields
        tally.kinds.update({(case.expected, declared[name].kind) for name in case.answers[case.question]})
    tally.failures = [(number, made.family, failure) for failure in failures_of(made.assignment, made.cases)]
    return tally
