"""Where solvers, graders and assignments meet: pure functions from answers to reports, and what is shown of them."""

from app.checking.check import Submission, check, check_many
from app.checking.drawing import NoDrawError, draw, seed_of
from app.checking.encoding import encode, encode_view
from app.checking.finding import Finding
from app.checking.findings import findings
from app.checking.lines import answer_lines, grade_lines
from app.checking.lint import Linted, lint
from app.checking.lint_names import SOLVER_NAMES
from app.checking.lint_preview import example_submission, lint_document
from app.checking.lint_variants import GENERATOR_NAMES
from app.checking.plan import prepare
from app.checking.report import FieldReport, QuestionReport, Report, discounted
from app.checking.standing import Attempt, standing
from app.checking.views import FEEDBACK, Reach, view
from app.checking.watcher import Watcher

__all__ = [
    "FEEDBACK",
    "GENERATOR_NAMES",
    "SOLVER_NAMES",
    "Attempt",
    "FieldReport",
    "Finding",
    "Linted",
    "NoDrawError",
    "QuestionReport",
    "Reach",
    "Report",
    "Submission",
    "Watcher",
    "answer_lines",
    "check",
    "check_many",
    "discounted",
    "draw",
    "encode",
    "encode_view",
    "example_submission",
    "findings",
    "grade_lines",
    "lint",
    "lint_document",
    "prepare",
    "seed_of",
    "standing",
    "view",
]
