"""HTTP as the clients of these tests speak it: a submission is sent, and what comes back is judged."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "HEADERS",
    "NO_ANSWER",
    "SUBMISSIONS",
    "TOKEN",
    "WRONG",
    "Reply",
    "Sent",
    "body_of",
    "connect",
    "get",
    "half_a_body",
    "is_problem",
    "post",
    "read",
    "submit",
]

SUBMISSIONS = "/api/v1/submissions"
TOKEN = "a-token-for-the-fault-tests"  # noqa: S105 - it opens nothing but the servers of these tests
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
NO_ANSWER = 0
"""The status of a request whose connection broke before it was answered."""
WRONG = -1
"""The status of a request that got an answer it should not have got; `Sent.wrong` says which."""

_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever JSON it is
        """Read the content."""
        return json.loads(self.content)


@dataclass(frozen=True)
class Sent:
    """A submission that was sent and what became of it."""

    student: str
    key: str | None
    sent_at: float
    status: int
    id: str = ""
    attempt: int = 0
    replayed: bool = False
    content: bytes = field(default=b"", repr=False)
    wrong: str = ""


def connect(port: int) -> http.client.HTTPConnection:
    """A connection, which is made when something is sent."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)


def read(response: http.client.HTTPResponse) -> Reply:
    """Read an answer to its end."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def get(port: int, path: str) -> Reply:
    """Ask for something on a connection of its own."""
    with closing(connect(port)) as connection:
        connection.request("GET", path, headers=HEADERS)
        return read(connection.getresponse())


def body_of(student: str, remark: str) -> bytes:
    """A submission's body; the remark tells it from others."""
    answers = {"1.3": 5.472, "2.1": remark}
    return json.dumps({"course": "ml", "assignment": "hw3", "student": student, "answers": answers}).encode()


def post(connection: http.client.HTTPConnection, body: bytes, key: str | None = None) -> Reply:
    """Send a submission's body and wait for the answer."""
    headers = HEADERS if key is None else {**HEADERS, "Idempotency-Key": key}
    connection.request("POST", SUBMISSIONS, body, headers)
    return read(connection.getresponse())


def submit(connection: http.client.HTTPConnection, student: str, body: bytes, key: str | None = None) -> Sent | None:
    """Hand a submission in; None where the connection was refused, so that nothing was sent."""
    sent_at = time.monotonic()
    try:
        if connection.sock is None:
            connection.connect()
    except ConnectionError:
        return None
    except OSError as error:
        return Sent(student, key, sent_at, WRONG, wrong=f"connecting: {error!r}")
    try:
        return _judge(post(connection, body, key), student, key, sent_at)
    except TimeoutError:
        connection.close()
        return Sent(student, key, sent_at, WRONG, wrong=f"no answer within {_PATIENCE_SECONDS} s")
    except (ConnectionError, http.client.HTTPException):
        connection.close()
        return Sent(student, key, sent_at, NO_ANSWER)


def _judge(reply: Reply, student: str, key: str | None, sent_at: float) -> Sent:
    if reply.status == 201:
        report = reply.json()
        replayed = reply.headers.get("idempotent-replayed") == "true"
        if report["student"] == student and (key is not None or not replayed):
            return Sent(student, key, sent_at, 201, report["id"], report["attempt"], replayed, reply.content)
    elif _is_our_fault(reply):
        return Sent(student, key, sent_at, 503)
    return Sent(student, key, sent_at, WRONG, wrong=f"{reply.status} {dict(reply.headers)} {reply.content[:300]!r}")


def _is_our_fault(reply: Reply) -> bool:
    """Whether it is a 503 as the contract has it: a problem document that says when to come back."""
    retry_after = reply.headers.get("retry-after", "")
    return is_problem(reply, 503) and retry_after.isdecimal() and int(retry_after) > 0


def is_problem(reply: Reply, status: int) -> bool:
    """Whether it is a problem document of a status."""
    if reply.status != status or reply.headers.get("content-type") != "application/problem+json":
        return False
    document: dict[str, object] = reply.json()
    return {"type", "title", "status", "detail"} <= document.keys() and document["status"] == status


def half_a_body(port: int, student: str) -> socket.socket:
    """A connection on which the first half of a submission was sent."""
    body = body_of(student, "half")
    lines = [f"POST {SUBMISSIONS} HTTP/1.1", "Host: upto", f"Authorization: Bearer {TOKEN}"]
    head = "\r\n".join([*lines, "Content-Type: application/json", f"Content-Length: {len(body)}", "", ""])
    connection = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
    connection.sendall(head.encode() + body[: len(body) // 2])
    return connection
