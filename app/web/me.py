"""The routes of the caller's own person: who a token is, and what they read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers import NumberText, read_json
from app.answers.kinds import kind_of
from app.answers.problems import quote
from app.errors import Conflict, Problem, Unprocessable, pointer
from app.intake import find_and_authenticate
from app.language import LANGUAGES, Language, Message, text
from app.storage import Caller, list_courses, set_language, token_digest
from app.web.bodies import read_body
from app.web.dependencies import Checked, Shared, Token, answer, refusals
from app.web.model_schemas import schema_of
from app.web.readers import preference_of
from app.web.schemas import PersonBody, PersonModel
from app.web.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/me", dependencies=[Checked])

_BODY = {"required": True, "content": {"application/json": {"schema": schema_of(PersonBody)}}}
_KEY = "language"


@router.get("", summary="Who am I?", responses={200: {"model": PersonModel}, **refusals()})
async def read_me(token: Token, service: Shared) -> Response:
    """Who the token is: name, role, course, and the language they have set."""
    return answer(await run_in_threadpool(_person, service, token))


@router.patch(
    "",
    summary="Set my language",
    responses={200: {"model": PersonModel}, **refusals(400, 408, 409, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def change_me(request: Request, token: Token, service: Shared) -> Response:
    """Set the language of answers, or with null leave it to each request.

    A learner's setting is that of all their tokens in the course, staff's that of this token.
    """
    await service.admit(token)
    language = _read(await read_body(request, service.body_seconds))
    digest, caller = await run_in_threadpool(_change, service, token, language)
    service.admitted.forget(digest, caller)
    request.state.language = preference_of(request).over(language)
    return answer(await run_in_threadpool(_person, service, token))


def _person(service: Service, token: str | None) -> dict[str, object]:
    with service.database.reading() as connection:
        caller = find_and_authenticate(connection, service.admin_digest, token)
        course = None if caller.course_id is None else list_courses(connection, caller)[0].slug
    return {
        "name": caller.name,
        "role": caller.role,
        "course": course,
        "student": caller.student,
        "language": caller.language,
    }


def _change(service: Service, token: str | None, language: Language | None) -> tuple[str, Caller]:
    """Keep what the caller reads, and say who that is.

    Raises
    ------
    Conflict
        For the token of the settings, which has no row in the database to keep it in.
    """
    with service.database.writing() as connection:
        caller = find_and_authenticate(connection, service.admin_digest, token)
        if caller.course_id is None:
            raise Conflict(
                text(
                    "The administrator’s token keeps no language. Ask with ?lang= or Accept-Language, or make a staff"
                    " token of your own."
                )
            )
        digest = token_digest(token or "")
        set_language(connection, caller, digest, language)
    return digest, caller


def _read(body: bytes) -> Language | None:
    """Read ``{"language": ...}``.

    Raises
    ------
    NotJson, Unprocessable
        Where it is no such object.
    """
    document = read_json(body)
    if not isinstance(document, dict):
        raise _refused("", text("A JSON object is wanted; {kind} arrived.", kind=kind_of(document)))
    for key in document:
        if key != _KEY:
            message = text("There is no key “{sent}”. The keys are {known}.", sent=quote(key), known=_KEY)
            place = pointer(key)
            raise _refused(place, message)
    if _KEY not in document:
        raise _refused(pointer(_KEY), text("The key {key} is missing here; add it.", key=_KEY))
    sent = document[_KEY]
    if sent is None:
        return None
    if not isinstance(sent, str) or isinstance(sent, NumberText):
        raise _refused(pointer(_KEY), text("A string is wanted here; {kind} arrived.", kind=kind_of(sent)))
    for language in LANGUAGES:
        if sent == language:
            return language
    known = ", ".join((*LANGUAGES, "null"))
    message = text("“{sent}” is not known here; wanted is: {known}.", sent=quote(sent), known=known)
    raise _refused(pointer(_KEY), message)


def _refused(place: str, message: Message) -> Unprocessable:
    return Unprocessable(text("The setting could not be understood."), [Problem(place, message)])
