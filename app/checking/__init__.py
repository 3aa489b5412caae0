"""Where solvers, graders and assignments meet: pure functions from answers to reports, and what is shown of them."""

from app.checking.check import Submission, check, check_many
from app.checking.encoding import encode, encode_view
from app.checking.findings import Finding, findings
from app.checking.lines import answer_lines, grade_lines
from app.checking.plan import prepare
from app.checking.report import FieldReport, QuestionReport, Report
from app.checking.standing import standing
from app.checking.views import FEEDBACK, released, view

__all__ = [
    "FEEDBACK",
    "FieldReport",
    "Finding",
    "QuestionReport",
    "Report",
    "Submission",
    "answer_lines",
    "check",
    "check_many",
    "encode",
    "encode_view",
    "findings",
    "grade_lines",
    "prepare",
    "released",
    "standing",
    "view",
]
