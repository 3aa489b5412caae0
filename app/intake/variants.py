"""Whose data an assignment is answered on: found where they were drawn before, drawn and kept where not."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.assignments import Drawn
from app.checking import NoDrawError, draw, seed_of
from app.errors import UptoError, our_failure
from app.storage import (
    Course,
    Database,
    Running,
    Whose,
    ensure_learners,
    find_learner,
    find_variants,
    keep_variants,
)

__all__ = ["Variants", "Wanted"]

_log = logging.getLogger("upto")


@dataclass(frozen=True)
class Wanted:
    """A learner whose data are wanted, in an assignment with variants."""

    course: Course
    running: Running
    student: str

    @property
    def whose(self) -> Whose:
        """What the data are kept under."""
        spec = self.running.assignment.variants
        if spec is None:
            raise LookupError("the assignment has no variants")
        return self.running.assignment_id, spec.digest, self.student


@dataclass(frozen=True)
class Variants:
    """Finds and draws learners' data.

    Parameters
    ----------
    database : Database
    secret : bytes
        What draws depend on, so that nobody can work out another's data, or their own beforehand.
    """

    database: Database
    secret: bytes

    def of(self, wanted: Wanted, now: datetime) -> Drawn:
        """One learner's data, kept where there is such a learner.

        Raises
        ------
        Unavailable
            Where no acceptable draw was found: that is our fault, or the assignment's.
        """
        found = self.of_all([wanted], now, make=False)[wanted]
        if not isinstance(found, Drawn):
            raise found
        return found

    def of_all(self, wanted: Iterable[Wanted], now: datetime, *, make: bool) -> dict[Wanted, Drawn | UptoError]:
        """Many learners' data.

        Parameters
        ----------
        wanted : iterable of Wanted
        now : datetime
        make : bool
            Whether unknown learners are made, so that their data can be kept too.

        Returns
        -------
        dict
            For each, their data; or what to say where no acceptable draw was found.
        """
        asked = {one.whose: one for one in wanted}
        with self.database.reading() as connection:
            found: dict[Whose, Drawn | UptoError] = dict(find_variants(connection, asked))
        missing = {whose: one for whose, one in asked.items() if whose not in found}
        if missing:  # drawing takes a while: no transaction waits for it
            drawn = {whose: self._draw(one) for whose, one in missing.items()}
            found |= drawn
            found |= self._keep(
                {whose: (asked[whose], one) for whose, one in drawn.items() if isinstance(one, Drawn)}, now, make=make
            )
        return {one: found[whose] for whose, one in asked.items()}

    def _draw(self, wanted: Wanted) -> Drawn | UptoError:
        assignment = wanted.running.assignment
        try:
            return draw(assignment, seed_of(self.secret, wanted.course.slug, assignment.slug, wanted.student))
        except NoDrawError as error:
            _log.error("no data could be drawn for %s in %s: %s", wanted.student, assignment.slug, error)
            return our_failure()

    def _keep(self, drawn: Mapping[Whose, tuple[Wanted, Drawn]], now: datetime, *, make: bool) -> dict[Whose, Drawn]:
        with self.database.writing() as connection:
            if make:
                named = {(wanted.course.id, wanted.student) for wanted, _ in drawn.values()}
                made = ensure_learners(connection, named, now)
                ids = {whose: made[wanted.course.id, wanted.student] for whose, (wanted, _) in drawn.items()}
            else:
                known = {
                    whose: find_learner(connection, wanted.course, wanted.student)
                    for whose, (wanted, _) in drawn.items()
                }
                ids = {whose: learner for whose, learner in known.items() if learner is not None}
            return keep_variants(connection, {whose: drawn[whose][1] for whose in ids}, ids, now)
