"""The routes of the caller's own person: who that is, and what they read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers import NumberText
from app.answers.kinds import kind_of
from app.answers.problems import quote
from app.errors import Conflict
from app.language import LANGUAGES, Language, text
from app.storage import Caller, Credential, list_courses, set_language
from app.web.bodies import read_body
from app.web.dependencies import Checked, Given, Shared, answer, refusals
from app.web.model_schemas import schema_of
from app.web.objects import read_object, unreadable
from app.web.readers import preference_of
from app.web.schemas import PersonBody, PersonModel
from app.web.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/me", dependencies=[Checked])

_BODY = {"required": True, "content": {"application/json": {"schema": schema_of(PersonBody)}}}
_KEY = "language"
_UNREADABLE = text("The setting could not be understood.")


@router.get("", summary="Who am I?", responses={200: {"model": PersonModel}, **refusals()})
async def read_me(credential: Given, service: Shared) -> Response:
    """Who is asking: name, role, course, and the language they have set."""
    return answer(await run_in_threadpool(_person, service, credential))


@router.patch(
    "",
    summary="Set my language",
    responses={200: {"model": PersonModel}, **refusals(400, 403, 408, 409, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def change_me(request: Request, credential: Given, service: Shared) -> Response:
    """Set the language of answers, or with null leave it to each request.

    A learner's setting is that of all their tokens in the course, staff's that of this token or of their account.
    """
    await service.admit(credential)
    language = _read(await read_body(request, service.body_seconds))
    caller = await run_in_threadpool(_change, service, credential, language)
    service.admitted.forget(credential, caller)
    request.state.language = preference_of(request).over(language)
    return answer(await run_in_threadpool(_person, service, credential))


def _person(service: Service, credential: Credential | None) -> dict[str, object]:
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        courses = [] if caller.own_course is None else list_courses(connection, caller)
    return {
        "name": caller.name,
        "role": caller.role,
        "course": courses[0].slug if courses else None,
        "student": caller.student,
        "language": caller.language,
    }


def _change(service: Service, credential: Credential | None, language: Language | None) -> Caller:
    """Keep what the caller reads, and say who that is.

    Raises
    ------
    Conflict
        For the token of the settings, which has no row in the database to keep it in.
    """
    with service.database.writing() as connection:
        caller = service.authenticate(connection, credential)
        if caller.token_id is None and caller.account_id is None:
            raise Conflict(
                text(
                    "The administrator’s token keeps no language. Ask with ?lang= or Accept-Language, or make a staff"
                    " token of your own."
                )
            )
        set_language(connection, caller, language)
    return caller


def _read(body: bytes) -> Language | None:
    """Read ``{"language": ...}``.

    Raises
    ------
    NotJson, Unprocessable
        Where it is no such object.
    """
    document = read_object(body, [_KEY], _UNREADABLE)
    if _KEY not in document:
        raise unreadable(_UNREADABLE, _KEY, text("The key {key} is missing here; add it.", key=_KEY))
    sent = document[_KEY]
    if sent is None:
        return None
    if not isinstance(sent, str) or isinstance(sent, NumberText):
        raise unreadable(_UNREADABLE, _KEY, text("A string is wanted here; {kind} arrived.", kind=kind_of(sent)))
    for language in LANGUAGES:
        if sent == language:
            return language
    known = ", ".join((*LANGUAGES, "null"))
    message = text("“{sent}” is not known here; wanted is: {known}.", sent=quote(sent), known=known)
    raise unreadable(_UNREADABLE, _KEY, message)
