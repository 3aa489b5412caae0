"""Taking submissions in: who sends what, read, graded and kept, by groups."""

from app.intake.ahead import DrawingAhead
from app.intake.attaching import attach
from app.intake.cases import Accepted, Arrival, Respond
from app.intake.correcting import corrected
from app.intake.desk import Desk, open_desk
from app.intake.file_kinds import FILE_KINDS
from app.intake.group import GroupWorker
from app.intake.lookup import Directory, choose_course, choose_running, choose_student, find_and_authenticate
from app.intake.memory import settle_memory
from app.intake.noting import Note, Noted, Noting
from app.intake.reading import Read, not_open_yet, read_submission
from app.intake.remote import RemoteDesk
from app.intake.sweeping import Sweeper
from app.intake.uploading import QuotaUsed, Sent, Target, check_sent, choose_target, keep_file
from app.intake.variants import Variants, Wanted

__all__ = [
    "FILE_KINDS",
    "Accepted",
    "Arrival",
    "Desk",
    "Directory",
    "DrawingAhead",
    "GroupWorker",
    "Note",
    "Noted",
    "Noting",
    "QuotaUsed",
    "Read",
    "RemoteDesk",
    "Respond",
    "Sent",
    "Sweeper",
    "Target",
    "Variants",
    "Wanted",
    "attach",
    "check_sent",
    "choose_course",
    "choose_running",
    "choose_student",
    "choose_target",
    "corrected",
    "find_and_authenticate",
    "keep_file",
    "not_open_yet",
    "open_desk",
    "read_submission",
    "settle_memory",
]
