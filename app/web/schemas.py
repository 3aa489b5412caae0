"""The shapes of what the API answers, for its OpenAPI document; the tests hold real answers against them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AssignmentModel",
    "CheckModel",
    "CorrectionBody",
    "DifferenceModel",
    "FileList",
    "FileModel",
    "PersonBody",
    "PersonModel",
    "PreviewModel",
    "ProblemModel",
    "RefusalList",
    "ReportModel",
    "StandingModel",
    "SubmissionBody",
    "SubmissionList",
    "VersionList",
    "VersionModel",
    "VersionState",
]

Verdict = Literal["correct", "partial", "incorrect", "missing", "manual", "pending"]
Status = Literal["graded", "pending_manual", "pending_review"]
Group = Literal["identity", "signs", "eigenbasis", "signed_order", "rotation", "span", "relabelling", "phase"]
_Slug = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
_Student = Annotated[str, Field(pattern="^[A-Za-z0-9._@-]{1,64}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubmissionBody(_Closed):
    """What is sent to be submitted, previewed or checked."""

    course: _Slug | None = Field(None, description="May be left out where the token knows one course.")
    assignment: _Slug
    student: _Student | None = Field(None, description="May be left out where the token is a learner's.")
    answers: dict[str, object] = Field(
        description="Question to answer: an object of fields, or the value of the one required field. A value is a "
        "number, nested arrays of numbers, or a string: a number, a fraction, or a pasted array.",
        examples=[
            {"1.1": {"axes": [[0.617, 0.678, -0.4], [0.589, -0.734, -0.338], [0.523, 0.027, 0.852]]}, "1.3": 5.472}
        ],
    )


class CorrectionBody(_Closed):
    """What staff correct of a submission that was refused; what is left out stays as it was sent."""

    course: _Slug | None = None
    assignment: _Slug | None = None
    student: _Student | None = None
    answers: dict[str, object] = Field(default_factory=dict, description="All of them, where they are sent.")


class PointerModel(_Closed):
    """One place at fault."""

    pointer: str = Field(description="JSON pointer into what was sent.")
    message: str


class ProblemModel(BaseModel):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = Field(description="The same as in the header X-Request-Id, and in our log.")
    errors: list[PointerModel] | None = None


class PersonModel(_Closed):
    """Who somebody is."""

    name: str = Field(description="Of an account; what a token of staff is called; or the student's id.")
    role: Literal["administrator", "staff", "learner"]
    course: str | None = Field(description="Null where it is not exactly one, as for the administrator.")
    student: str | None
    language: Literal["en", "zh-TW"] | None = Field(
        description="What answers are written in; null leaves it to `Accept-Language`. `?lang=` goes before it."
    )


class PersonBody(_Closed):
    """What can be set of the caller's own person."""

    language: Literal["en", "zh-TW"] | None


class WorstModel(_Closed):
    """The entry that misses by most, in the layout that was sent."""

    index: list[int]
    error: float
    indicative: bool = Field(False, description="True where columns have no identity, so that the entry only points.")


class SymmetryModel(_Closed):
    """The group, and its element g with student = truth g."""

    group: Group
    element: list[object] | None


class FieldModel(_Closed):
    """The verdict on a field and its certificate."""

    verdict: Verdict
    measured: float | None
    allowed: float | None
    unit: str | None
    worst: WorstModel | None
    symmetry: SymmetryModel | None


class FeedbackModel(_Closed):
    """Something to say, by code and in the reader's language."""

    code: str
    message: str


class BasisModel(_Closed):
    """How the figures came about that an answer was matched with: follow-through and mistakes."""

    convention: str | None = Field(description="The convention in which the answer is written.")
    inputs: Literal["as sent", "as matched"] | None = Field(
        description="Whether the learner's own earlier answers were taken as sent, or what they were matched with."
    )
    grown: bool = Field(description="Whether tolerances grew by what rounding earlier answers may have done.")


class QuestionModel(_Closed):
    """The verdict on a question."""

    verdict: Verdict
    score: float
    max_score: float
    matched: str | None = Field(
        description="truth, the id of a convention, a mistake or a property, follow_through, or eigenpairs."
    )
    feedback: list[FeedbackModel]
    fields: dict[str, FieldModel]
    basis: BasisModel | None = Field(None, description="Only where it says something, and only staff see it.")
    failure: str | None = Field(None, description="What failed on our side; only staff see it.")


class _Head(_Closed):
    course: str
    assignment: str
    assignment_version: str
    student: str | None
    submitted_at: str
    late: bool
    late_factor: float = Field(
        1.0, description="What the totals were multiplied by because it came late; left out where that is 1."
    )
    after_release: bool = Field(
        False, description="True where it came when the truth could be seen, so that it does not count; else left out."
    )
    status: Status
    score: float
    max_score: float
    pending: float
    variant: str | None = Field(None, description="Names the learner's own data; only where these are drawn.")


class CheckModel(_Head):
    """A report that is stored nowhere."""

    questions: dict[str, QuestionModel]


class SummaryModel(_Head):
    """A submission in a list."""

    id: str
    attempt: int


class ReportModel(SummaryModel):
    """A submission's report."""

    questions: dict[str, QuestionModel] = Field(
        description="Empty where the policy shows learners the totals alone; scores are before what being late costs."
    )


class SubmissionList(_Closed):
    """Submissions, newest first; the Link header leads to the next page."""

    items: list[SummaryModel]


class ReadFieldModel(_Closed):
    """How a field was read."""

    shape: list[int] | None = None
    decimals: int | None = None
    characters: int | None = None
    labels: int | None = Field(default=None, description="How many different labels there are.")
    name: str | None = None
    bytes: int | None = None


class PreviewQuestion(_Closed):
    """How a question was read."""

    fields: dict[str, ReadFieldModel]


class PreviewModel(_Closed):
    """How a submission was read."""

    questions: dict[str, PreviewQuestion]


class QuestionStandingModel(_Closed):
    """What counts on one question."""

    verdict: Verdict
    score: float
    max_score: float
    submission: str | None
    attempt: int | None


class StandingModel(_Closed):
    """What counts on an assignment."""

    student: str
    score: float
    max_score: float
    pending: float
    status: Status
    questions: dict[str, QuestionStandingModel] = Field(description="Empty where the policy shows the totals alone.")


class FieldDescription(_Closed):
    """What is asked for in a field."""

    name: str
    shape: list[int]
    required: bool
    kind: Literal["number", "vector", "matrix", "tensor", "integer", "complex", "labels", "text", "file"]
    accept: list[str] | None = Field(None, description="Of a file: the kinds that are taken.")
    max_bytes: int | None = Field(None, description="Of a file: how large it may be.")


class QuestionDescription(_Closed):
    """A question as learners read it."""

    id: str
    title: str
    prompt: str
    max_score: float
    fields: list[FieldDescription]


class VariantModel(_Closed):
    """Whose data these are."""

    student: str | None = Field(description="Null where these are the file's, an example that nobody is graded on.")
    name: str | None = Field(description="A digest of the drawn data, which reports name.")


class AssignmentModel(_Closed):
    """An assignment as learners read it."""

    course: str
    assignment: str
    version: str
    title: str
    opens_at: str | None
    due_at: str | None
    max_score: float
    data: dict[str, object]
    variant: VariantModel | None = Field(None, description="Only where every learner has data of their own.")
    questions: list[QuestionDescription]
    answer_schema: dict[str, object]


class RefusalModel(_Closed):
    """A submission that could not be read, as staff see it."""

    id: str
    course: str | None
    assignment: str | None
    student: str | None
    sent_at: str
    sent_by: str = Field(description="Whose token it was.")
    detail: str
    errors: list[PointerModel]
    body: str = Field(description="What was sent.")
    submission: str | None = Field(description="The submission that it became, where staff had it graded.")


class RefusalList(_Closed):
    """A page of refusals; the next one is in the Link header."""

    items: list[RefusalModel]


class AuditModel(_Closed):
    """Something that staff did."""

    at: str
    actor: str = Field(description="The name of the token, or of whoever used the command line.")
    role: Literal["administrator", "staff", "operator"]
    token: int | None = Field(description="The number of the token, as `upto token list` shows it.")
    action: str
    assignment: str | None
    student: str | None
    details: dict[str, object]
    subject: str | None = Field(description="The id of the version, submission, refusal, file or token.")
    request: str | None = Field(description="The id of the request, where one is known.")


class AuditList(_Closed):
    """A page of the audit log; the next one is in the Link header."""

    items: list[AuditModel]


class VersionState(_Closed):
    """A version, and whether it runs."""

    version: str
    state: Literal["draft", "published", "superseded"]


class VersionSummary(VersionState):
    """A version in a list: who uploaded it and why, and when it was published last."""

    created_at: str
    created_by: str
    reason: str | None
    published_at: str | None
    published_by: str | None


class VersionList(_Closed):
    """A page of versions; the next one is in the Link header."""

    items: list[VersionSummary]


class VersionModel(VersionSummary):
    """A version with its file."""

    source: str


class DifferenceModel(_Closed):
    """What changed between two versions."""

    since: str
    version: str
    difference: str = Field(description="A unified difference of the files; empty where nothing changed.")


class FileModel(_Closed):
    """A file that was uploaded."""

    id: str
    name: str
    bytes: int
    sha256: str
    media_type: str
    created_at: str
    expires_at: str | None = Field(description="Until when a submission may name it; null once one does.")


class SubmittedFile(FileModel):
    """A file that a submission names."""

    question: str
    field: str


class FileList(_Closed):
    """The files of a submission."""

    items: list[SubmittedFile]
