"""Two courses, their people and what one learner owns: whom everybody else may not come near."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from pydantic import SecretStr
from starlette.testclient import TestClient

from app.assignments import shipped_assignments
from app.main import create_app
from app.settings import Settings
from app.storage import create_token, ensure_course, list_tokens, revoke_token
from tests.app.support import Clock, publish_source
from tests.app.uploads import SOURCE, upload
from tests.app.varied import GRAPH

__all__ = ["ADMIN", "CALLERS", "World", "opened_world"]

ADMIN = "an-administrator-for-the-matrix"
CALLERS = (
    "nobody",
    "unknown",
    "revoked",
    "owner",
    "classmate",
    "other learner",
    "staff",
    "other staff",
    "administrator",
)
"""Nobody; a token that nobody has; one of staff that was revoked; the learner whose everything is; another learner of
the course; a learner of another course; staff of the course, of another course, of all."""
OWNER = "b1"


@dataclass
class World:
    """The application, who calls it, and what the owner has.

    Parameters
    ----------
    app : FastAPI
    clock : Clock
    tokens : dict
        The token of each caller; None for nobody.
    things : dict
        What the placeholders of paths stand for: ids of the owner's things.
    """

    app: FastAPI
    clock: Clock
    tokens: dict[str, str | None]
    things: dict[str, str] = field(default_factory=dict)

    def client(self, caller: str) -> TestClient:
        """A client of one of the callers."""
        token = self.tokens[caller]
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False, follow_redirects=False)

    def send(self, caller: str, method: str, path: str, **request: Any) -> Response:  # noqa: ANN401 - whatever a client takes
        """Ask for something, placeholders filled in."""
        filled = re.sub(r"\{(\w+)\}", lambda found: self.things[found[1]], path)
        return self.client(caller).request(method, filled, **request)

    def refuse(self) -> None:
        """Let the owner send something that cannot be read; it is the refusal from now on."""
        body = {"assignment": "hw3", "answers": {"1.3": "?"}}
        assert self.send("owner", "POST", "/api/v1/submissions", json=body).status_code == 422
        self.things["refusal_id"] = self.send("staff", "GET", "/api/v1/refusals").json()["items"][0]["id"]


@contextmanager
def opened_world(folder: Path, database_url: str | None = None) -> Iterator[World]:
    """Start the application and let the owner own one thing of each kind."""
    clock = Clock()
    settings = Settings(
        data_dir=folder, admin_token=SecretStr(ADMIN), database_url=database_url, grading="thread", secret_key=None
    )
    app = create_app(settings, clock)
    with TestClient(app):
        with app.state.service.database.writing() as connection:
            ml, other = (ensure_course(connection, slug, clock()) for slug in ("ml", "other"))

            def token(course: str = "ml", **whose: str) -> str:
                return create_token(connection, ml if course == "ml" else other, clock(), **whose)  # type: ignore[arg-type] # staff or student

            tokens: dict[str, str | None] = {
                "nobody": None,
                "unknown": "upto_" + "x" * 43,
                "revoked": token(staff="former"),
                "owner": token(student=OWNER),
                "classmate": token(student="b2"),
                "other learner": token("other", student="b3"),
                "staff": token(staff="tutor"),
                "other staff": token("other", staff="stranger"),
                "administrator": ADMIN,
            }
            former = next(row.id for row in list_tokens(connection) if row.name == "former")
            assert revoke_token(connection, former, clock())
        world = World(app, clock, tokens, {"token_id": str(former)})
        _own(world)
        yield world


def _own(world: World) -> None:
    publish_source(world.app, world.clock, "scans", (SOURCE % "").encode())
    publish_source(world.app, world.clock, "own-graph", GRAPH.encode())
    changed = shipped_assignments()["hw3"].read_bytes() + b"# a draft\n"
    hw3 = "/api/v1/courses/ml/assignments/hw3"
    made = world.send("staff", "PUT", hw3, content=changed, params={"reason": "a draft"})
    assert made.status_code == 201, made.text
    versions = world.send("staff", "GET", f"{hw3}/versions").json()["items"]
    world.things |= {
        "course": "ml",
        "assignment": "hw3",
        "student": OWNER,
        "version": made.json()["version"],
        "earlier": versions[-1]["version"],
    }
    file = upload(world.client("owner"))
    assert file.status_code == 201, file.text
    world.things["file_id"] = file.json()["id"]
    body = {"assignment": "scans", "answers": {"1": {"scan": world.things["file_id"]}}}
    sent = world.send("owner", "POST", "/api/v1/submissions", json=body)
    assert sent.status_code == 201, sent.text
    world.things["submission_id"] = sent.json()["id"]
    drawn = world.send("owner", "GET", "/api/v1/courses/ml/assignments/own-graph")
    world.things["own data"] = json.dumps(drawn.json()["data"])
    world.refuse()
