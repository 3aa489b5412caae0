"""Who may do what, for every route: the statuses that each caller gets when they reach for one learner's things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route

from tests.app.access.world import CALLERS, World
from tests.app.uploads import PDF

__all__ = ["ROWS", "Row", "found", "routes_of"]

_ASSIGNMENT = "/api/v1/courses/{course}/assignments/{assignment}"
_TOKENS = "/api/v1/courses/{course}/tokens"
_ANSWERS = {"assignment": "hw3", "course": "ml", "answers": {"1.3": 5.472}}
_PUBLIC = "200 200 200 200 200 200 200 200 200"
_STAFF = "401 401 401 403 403 404 200 404 200"
"""Staff of the course: its learners are told that it is not for them, everybody else that there is no such thing."""
_COURSE = "401 401 401 200 200 404 200 404 200"
_OWN = "401 401 401 200 404 404 200 404 200"
"""A thing by its id: to a classmate it does not exist."""
_NAMED = "401 401 401 200 403 403 200 404 200"
"""Named by whose it is: a learner may not name another, before anything is looked up."""


@dataclass(frozen=True)
class Row:
    """A request, and what becomes of it for each of `CALLERS`.

    Parameters
    ----------
    method, path : str
        Of the route, as the application has it; placeholders are the owner's things.
    statuses : str
        One for each caller.
    request : dict
        What else is sent.
    asked : str
        The path that is asked for, where that is not the route's own.
    before : callable
        Done before each request, so that those before have changed nothing for it.
    """

    method: str
    path: str
    statuses: str
    request: dict[str, Any] = field(default_factory=dict)
    asked: str = ""
    before: Callable[[World], None] | None = None

    @property
    def name(self) -> str:
        """What it is called in the table."""
        said = self.request.get("params")
        return f"{self.method} {self.asked or self.path}{'' if said is None else ' ' + str(said)}"


def _refuse(world: World) -> None:
    world.refuse()


ROWS: tuple[Row, ...] = (
    Row("GET", "/healthz", _PUBLIC),
    Row("GET", "/readyz", _PUBLIC),
    Row("GET", "/metrics", _PUBLIC),
    Row("GET", "/openapi.json", _PUBLIC),
    Row("GET", "/docs", _PUBLIC),
    Row("GET", "/docs/assets/*", _PUBLIC, asked="/docs/assets/swagger-ui.css"),
    Row("GET", "/api/v1/assignment-schema", _PUBLIC),
    Row("GET", "/api/v1/me", "401 401 401 200 200 200 200 200 200"),
    Row("PATCH", "/api/v1/me", "401 401 401 200 200 200 200 200 409", {"json": {"language": None}}),
    # In the owner's name: who is not staff may not name another.
    Row("POST", "/api/v1/submissions", "401 401 401 201 403 404 201 404 201", {"json": _ANSWERS | {"student": "b1"}}),
    Row("POST", "/api/v1/submissions", "401 401 401 201 201 404 422 404 422", {"json": _ANSWERS}),
    Row("POST", "/api/v1/previews", "401 401 401 200 403 403 200 404 200", {"json": _ANSWERS | {"student": "b1"}}),
    Row("POST", "/api/v1/previews", "401 401 401 200 200 404 200 404 200", {"json": _ANSWERS}),
    Row("POST", "/api/v1/checks", "401 401 401 403 403 403 200 404 200", {"json": _ANSWERS | {"student": "b1"}}),
    Row("GET", "/api/v1/submissions", _NAMED, {"params": {"course": "ml", "student": "b1"}}),
    Row("GET", "/api/v1/submissions", _COURSE, {"params": {"course": "ml"}}),
    Row("GET", "/api/v1/submissions/{submission_id}", _OWN),
    Row("GET", "/api/v1/submissions/{submission_id}/files", _OWN),
    Row("GET", "/api/v1/files/{file_id}", _OWN),
    Row(
        "POST",
        "/api/v1/files",
        "401 401 401 201 403 403 201 404 201",
        {
            "data": {"course": "ml", "assignment": "scans", "question": "1", "field": "scan", "student": "b1"},
            "files": {"file": ("a.pdf", PDF, "application/pdf")},
        },
    ),
    Row("GET", "/api/v1/refusals", "401 401 401 403 403 403 200 404 200", {"params": {"course": "ml"}}),
    Row(
        "POST",
        "/api/v1/refusals/{refusal_id}/grade",
        "401 401 401 403 403 403 201 404 201",
        {"json": {"answers": {"1.3": 5.472}}},
        before=_refuse,
    ),
    Row("GET", _ASSIGNMENT, _COURSE),
    Row("GET", _ASSIGNMENT, _NAMED, {"params": {"student": "b1"}}),
    Row(
        "GET",
        _ASSIGNMENT,
        _NAMED,
        {"params": {"student": "b1"}},
        asked=_ASSIGNMENT.replace("{assignment}", "own-graph"),
    ),
    Row("GET", f"{_ASSIGNMENT}/data.npz", _NAMED, {"params": {"student": "b1"}}),
    Row("GET", f"{_ASSIGNMENT}/data.csv", _NAMED, {"params": {"student": "b1"}}),
    Row("GET", f"{_ASSIGNMENT}/standing", _NAMED, {"params": {"student": "b1"}}),
    Row("GET", f"{_ASSIGNMENT}/learners/{{student}}/policy", _NAMED),
    Row(
        "PUT",
        f"{_ASSIGNMENT}/learners/{{student}}/policy",
        "401 401 401 403 403 404 200 404 200",
        {"json": {"attempts": 50}},
    ),
    Row(
        "DELETE",
        f"{_ASSIGNMENT}/learners/{{student}}/policy",
        "401 401 401 403 403 403 200 404 200",
    ),
    Row("GET", f"{_ASSIGNMENT}/policies", _STAFF),
    Row("PUT", _ASSIGNMENT, "401 401 401 403 403 404 422 404 422", {"content": b"format: 1\n"}),
    Row("GET", f"{_ASSIGNMENT}/versions", _STAFF),
    Row("GET", f"{_ASSIGNMENT}/versions/{{version}}", _STAFF),
    Row(
        "GET",
        f"{_ASSIGNMENT}/versions/{{version}}/difference",
        _STAFF,
        {"params": {"since": "{earlier}"}},
    ),
    Row("POST", f"{_ASSIGNMENT}/versions/{{version}}/publish", _STAFF),
    Row("GET", "/api/v1/courses/{course}/audit", _STAFF),
    # Sessions belong to a cookie, which none of the callers has; whoever has a token or a password may start one.
    Row("POST", "/api/v1/session", " ".join(["401"] * 9), {"json": {"token": "nobody's"}}),
    Row("GET", "/api/v1/session", " ".join(["401"] * 9)),
    Row("DELETE", "/api/v1/session", " ".join(["204"] * 9)),
    Row("DELETE", "/api/v1/sessions", " ".join(["401"] * 9)),
    Row("GET", _TOKENS, _STAFF),
    Row("POST", _TOKENS, "401 401 401 403 403 404 201 404 201", {"json": {"student": "b9"}}),
    Row("GET", f"{_TOKENS}/{{token_id}}", _STAFF),
    Row("DELETE", f"{_TOKENS}/{{token_id}}", _STAFF),
)


def found(world: World, row: Row) -> tuple[str, ...]:
    """The statuses that the callers really get."""
    statuses = []
    for caller in CALLERS:
        if row.before is not None:
            row.before(world)
        request = dict(row.request)
        if "params" in request:
            filled = {name: value.format_map(world.things) for name, value in request["params"].items()}
            request["params"] = filled
        answer = world.send(caller, row.method, row.asked or row.path, **request)
        statuses.append(str(answer.status_code))
    return tuple(statuses)


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every route, whichever way it got there; HEAD stands beside GET.

    Raises
    ------
    LookupError
        Where there is a kind of route that is not known here: it must not escape the matrix.
    """
    yield from _routes(app.routes, "")


def _routes(routes: list[BaseRoute], prefix: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if isinstance(route, Mount):
            yield "GET", f"{prefix}{route.path}/*"
        elif isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, f"{prefix}{route.path}"
        elif inner is not None:
            yield from _routes(inner.routes, prefix + route.include_context.prefix)  # type: ignore[attr-defined] # FastAPI's own
        else:
            raise LookupError(f"{type(route).__name__} {route} is a kind of route that the matrix does not know")
