"""The shapes of what is sent and answered about sessions and tokens, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LoginBody", "NewTokenBody", "NewTokenModel", "SessionModel", "TokenList", "TokenModel"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LoginBody(_Closed):
    """What somebody logs in with: name and password, or a token."""

    name: str | None = Field(None, description="Of an account; in upper or lower case.")
    password: str | None = Field(None, max_length=256)
    token: str | None = Field(None, description="Alone; its session ends when it expires or is revoked.")


class SessionModel(_Closed):
    """A session, as its owner sees it."""

    name: str
    role: Literal["administrator", "staff", "learner"]
    courses: list[str]
    csrf_token: str = Field(description="Sent as `X-CSRF-Token` with whatever changes something.")
    expires_at: str = Field(description="When it ends at the latest; it ends earlier when it is not used for a while.")


class NewTokenBody(_Closed):
    """Whose token is to be made: a learner's, by student, or of a member of staff, by name."""

    student: str | None = None
    staff: str | None = Field(None, max_length=64)
    expires_at: str | None = Field(
        None,
        description="RFC 3339, a day (`2027-01-31`) or so many days (`90d`); null for never. Left out: in 400 days.",
    )


class TokenModel(_Closed):
    """A token as it is listed: never the token itself."""

    id: int
    course: str
    role: Literal["staff", "learner"]
    name: str
    created_at: str
    created_by: str | None
    expires_at: str | None
    last_used_at: str | None = Field(description="To the hour.")
    revoked_at: str | None


class NewTokenModel(TokenModel):
    """A token that was just made, with the token itself: it is shown this once."""

    token: str


class TokenList(_Closed):
    """Tokens of a course, newest first; the Link header leads to the next page."""

    items: list[TokenModel]
