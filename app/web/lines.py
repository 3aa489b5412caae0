"""A batch of lines, each a submission to some assignment, graded and not kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from app.checking import answer_lines, check_many
from app.errors import problem_document
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
        groups: dict[int, list[tuple[int, Read]]] = defaultdict(list)
        documents: list[dict[str, object]] = [{} for _ in reads]
        for index, ready in enumerate(service.with_data(reads)):
            if isinstance(ready, Read):
                groups[ready.running.version_id].append((index, ready))
            else:
                documents[index] = problem_document(ready, language)
        for group in groups.values():
            assignment = group[0][1].running.assignment
            reports = check_many(assignment, [read.submission for _, read in group], service.watcher(assignment))
            for (index, read), report in zip(group, reports, strict=True):
                documents[index] = checked(read, now, report, language)
        return documents

    return answer_lines(lines, lambda line: service.read(caller, line), grade, language)
