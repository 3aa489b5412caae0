"""A batch of lines, each a submission to some assignment, graded and not kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from app.checking import answer_lines, check_many
from app.intake import Read
from app.language import Language
from app.storage import Caller
from app.web.documents import checked
from app.web.service import Service

__all__ = ["check_lines"]


def check_lines(service: Service, caller: Caller, lines: Sequence[bytes | None], language: Language) -> bytes:
    """Grade lines for staff; those of one assignment together.

    Returns
    -------
    bytes
        One line for each, in order: the report, or the problem document where the line could not be read.
    """
    now = service.clock()

    def grade(reads: list[Read]) -> list[dict[str, object]]:
        groups: dict[int, list[int]] = defaultdict(list)
        for index, read in enumerate(reads):
            groups[read.running.version_id].append(index)
        documents: list[dict[str, object]] = [{} for _ in reads]
        for indices in groups.values():
            assignment = reads[indices[0]].running.assignment
            submissions = [reads[index].submission for index in indices]
            reports = check_many(assignment, submissions, service.watcher(assignment))
            for index, report in zip(indices, reports, strict=True):
                read = reads[index]
                documents[index] = checked(read.course.slug, assignment, read.student, now, report, language)
        return documents

    return answer_lines(lines, lambda line: service.read(caller, line), grade, language)
