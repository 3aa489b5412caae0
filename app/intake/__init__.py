"""Taking submissions in: who sends what, read, graded and kept, by groups."""

from app.intake.cases import Accepted, Arrival, Respond
from app.intake.correcting import corrected
from app.intake.desk import Desk, open_desk
from app.intake.group import GroupWorker
from app.intake.lookup import Directory, choose_course, choose_running, choose_student, find_and_authenticate
from app.intake.memory import settle_memory
from app.intake.noting import Note, Noted, Noting
from app.intake.reading import Read, read_submission
from app.intake.remote import RemoteDesk
from app.intake.sweeping import Sweeper

__all__ = [
    "Accepted",
    "Arrival",
    "Desk",
    "Directory",
    "GroupWorker",
    "Note",
    "Noted",
    "Noting",
    "Read",
    "RemoteDesk",
    "Respond",
    "Sweeper",
    "choose_course",
    "choose_running",
    "choose_student",
    "corrected",
    "find_and_authenticate",
    "open_desk",
    "read_submission",
    "settle_memory",
]
