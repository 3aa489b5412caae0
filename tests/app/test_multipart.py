"""A form with a file in it is read as it arrives, within limits, or refused in words; its name is made harmless."""

from __future__ import annotations

import asyncio
import random
import re
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.intake.file_kinds import FILE_KINDS, safe_name
from tests.app.conftest import ADMIN
from tests.app.support import Clock, publish_source
from tests.app.uploads import FILES, PDF, SOURCE, WHERE, drive, sent, upload

Make = Callable[[str], TestClient]
FILE = ('name="file"; filename="a.pdf"', PDF)


@pytest.fixture(autouse=True)
def scans(service: FastAPI, clock: Clock) -> None:
    """The assignment that takes files."""
    publish_source(service, clock, "scans", (SOURCE % "").encode())


def _leftovers(service: FastAPI, before: set[Path]) -> list[str]:
    """What lies in the folder of arriving files that was not there before, less the database's own."""
    folder = service.state.service.files.folder
    return [path.name for path in set(folder.iterdir()) - before if "sqlite3" not in path.name]


# Names


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\windows\\system32\\evil.exe", "evil.exe.pdf"),
        ("C:\\scans\\page 1.PDF", "page 1.PDF"),
        ("“引號”.pdf", "“引號”.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"),
        ("a\0.pdf", "a.pdf"),
        ("x" * 300, "x" * 196 + ".pdf"),
        ("引" * 300 + ".pdf", "引" * 65 + ".pdf"),
        ("evil.html", "evil.html.pdf"),
        ("fdp.\u202egnp.pdf", "fdp.gnp.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ('a";filename="b.pdf', "a_;filename=_b.pdf"),
        ("a;b=c.pdf", "a;b=c.pdf"),
    ],
)
def test_a_hostile_name_is_made_harmless(learner: Make, name: str, kept: str) -> None:
    assert safe_name(name, "pdf") == kept
    client = learner("b1")
    escaped = re.sub(r'([\\"])', r"\\\1", re.sub(r"[\r\n\0]", "", name))  # which no header has
    body, headers = sent(*WHERE, (f'name="file"; filename="{escaped}"', PDF))
    made = client.post(FILES, content=body, headers=headers).json()
    assert made["name"] == kept
    header = client.get(f"{FILES}/{made['id']}").headers["content-disposition"]
    found = re.fullmatch(r"attachment; filename=\"([ -~]*)\"; filename\*=UTF-8''([!-~]*)", header)
    assert found is not None
    assert not set(found[1]) & set('"\\%')
    assert unquote(found[2], errors="strict") == kept


@given(st.text(), st.sampled_from(sorted(FILE_KINDS)))
def test_any_name_becomes_one_that_every_system_keeps(sent_name: str, kind: Any) -> None:  # noqa: ANN401 - a kind
    name = safe_name(sent_name, kind)
    assert name.isprintable()
    assert not set(name) & set('/\\<>:"|?*%')
    assert name.lower().endswith(FILE_KINDS[kind].endings)
    assert not name.startswith(".")
    assert len(name.encode()) <= 200
    assert safe_name(name, kind) == name


# Forms


def test_the_parts_may_come_in_any_order(learner: Make) -> None:
    client = learner("b1")
    for parts in ((*WHERE, FILE), (FILE, *WHERE), (WHERE[2], FILE, WHERE[0], WHERE[1])):
        body, headers = sent(*parts)
        assert client.post(FILES, content=body, headers=headers).status_code == 201


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_form_may_arrive_in_small_pieces(service: FastAPI, size: int) -> None:
    body, _ = sent(*WHERE, ('name="student"', b"b1"), FILE)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    status, said, _ = drive(service, ADMIN, chunks)
    assert (status, said["bytes"]) == (201, len(PDF))


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ((*WHERE,), ""),
        ((*WHERE, FILE, FILE), "/file"),
        ((*WHERE, WHERE[0], FILE), "/assignment"),
        ((*WHERE, ('name="token"', b"x"), FILE), "/token"),
        ((*WHERE, ("", b"x"), FILE), "/"),
        ((*WHERE, ('name="student"', b"b" * 1025), FILE), "/student"),
        ((*WHERE, ('name="student"', b"\xff"), FILE), "/student"),
        ((*WHERE[:2], FILE), "/field"),
        ((WHERE[0], FILE), "/question"),
        ((FILE,), ""),
        ((*WHERE, ('name="file"; filename="a.pdf"', b"")), "/file"),
    ],
)
def test_a_part_that_is_missing_unknown_or_there_twice_is_pointed_to(
    learner: Make, parts: tuple[tuple[str, bytes], ...], pointer: str
) -> None:
    body, headers = sent(*parts)
    answer = learner("b1").post(FILES, content=body, headers=headers)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("cut", [5, 9, 60, 120])
def test_a_form_that_breaks_off_is_refused_and_nothing_is_kept(service: FastAPI, learner: Make, cut: int) -> None:
    body, headers = sent(*WHERE, FILE)
    before = set(service.state.service.files.folder.iterdir())
    answer = learner("b1").post(FILES, content=body[:-cut], headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/not-form")
    assert "breaks off" in answer.json()["detail"]
    assert _leftovers(service, before) == []
    with service.state.service.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM files").scalar_one() == 0
    assert learner("b1").post(FILES, content=body[:-2], headers=headers).status_code == 201  # the last line break


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (None, b"x"),
        ("application/json", b"{}"),
        ("multipart/form-data", b"--X\r\n"),
        ("multipart/form-data; boundary=", b"--X\r\n"),
        ("multipart/form-data; boundary=" + "X" * 300, b"--X\r\n"),
        ("multipart/form-data; boundary=X", b""),
        ("multipart/form-data; boundary=X", b"no boundary at all"),
        ("multipart/form-data; boundary=X", b"--X\r\nno header\r\n\r\n"),
        ("multipart/form-data; boundary=X", b"--X\r\nA: " + b"a" * 10_000),
        ("multipart/form-data; boundary=X", b"--X\r\n" + b"A: a\r\n" * 20),
        ("multipart/form-data; boundary=X", b"--Y\r\n"),
        ("multipart/form-data; boundary=X", b"\0" * 1000),
        ("multipart/mixed; boundary=X", b"--X--\r\n"),
        ("multipart/form-data; boundary=\xff", b"--\xff--"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_form_is_400(learner: Make, content_type: str | None, body: bytes) -> None:
    headers = {} if content_type is None else {"content-type": content_type.encode("latin-1")}
    answer = learner("b1").post(FILES, content=body, headers=headers)  # type: ignore[arg-type] # bytes as well
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/not-form")


def test_an_encoded_part_is_refused(learner: Make) -> None:
    body, headers = sent(*WHERE, (FILE[0] + "\r\nContent-Transfer-Encoding: base64", PDF))
    answer = learner("b1").post(FILES, content=body, headers=headers)
    assert (answer.status_code, "base64" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("seed", range(40))
def test_no_bytes_are_our_failure(learner: Make, seed: int) -> None:
    rng = random.Random(seed)
    whole, headers = sent(*WHERE, FILE)
    body = bytearray(whole)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(body))
        body[at : at + rng.randint(0, 3)] = rng.choice((b"", b"\0", b"\r\n", b"--", b"--X", b'"', b"\xff", b":"))
    assert learner("b1").post(FILES, content=bytes(body), headers=headers).status_code in (201, 400, 404, 422)


def test_a_strangers_file_is_not_read(service: FastAPI) -> None:
    status, _, taken = drive(service, "no-token", _endless)
    assert (status, taken) == (401, 0)


# Sizes and times


def _endless() -> AsyncIterator[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        yield sent(*WHERE, FILE, ending=b"")[0][:-2]
        while True:
            yield b"\0" * 65_536

    return chunks()


def test_nothing_is_read_past_the_limit(service: FastAPI) -> None:
    known = service.state.service
    service.state.service = replace(known, files=replace(known.files, each=1 << 20))
    before = set(known.files.folder.iterdir())
    status, said, taken = drive(service, ADMIN, _endless)
    assert (status, said["type"]) == (413, "/problems/too-large")
    assert taken <= 18
    assert _leftovers(service, before) == []
    status, _, taken = drive(service, ADMIN, _endless, length=2 << 20)
    assert (status, taken) == (413, 0)


def test_a_preamble_counts_as_well(service: FastAPI) -> None:
    known = service.state.service
    service.state.service = replace(known, files=replace(known.files, each=1000))

    async def chunks() -> AsyncIterator[bytes]:
        yield sent(*WHERE, FILE)[0]
        while True:
            yield b"\0" * 8192

    assert drive(service, ADMIN, chunks)[0] == 413


def test_a_client_that_leaves_in_the_middle_leaves_nothing(service: FastAPI) -> None:
    async def chunks() -> AsyncIterator[bytes | None]:
        yield sent(*WHERE, FILE)[0][:-20]
        yield None

    before = set(service.state.service.files.folder.iterdir())
    status, said, _ = drive(service, ADMIN, chunks)
    assert (status, said["type"]) == (408, "/problems/timeout")
    assert _leftovers(service, before) == []


def test_who_sends_too_slowly_is_not_waited_for(service: FastAPI) -> None:
    service.state.service = replace(service.state.service, body_seconds=0.2)

    async def chunks() -> AsyncIterator[bytes]:
        for byte in sent(*WHERE, ('name="student"', b"b1"), FILE)[0]:
            yield bytes([byte])
            await asyncio.sleep(0.05)

    status, said, taken = drive(service, ADMIN, chunks)
    assert (status, said["type"]) == (408, "/problems/timeout")
    assert taken < 100


def test_who_sends_much_has_longer(service: FastAPI) -> None:
    service.state.service = replace(service.state.service, body_seconds=0.2)
    body = sent(*WHERE, ('name="student"', b"b1"), (FILE[0], PDF.ljust(200_000)))[0]

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]
            await asyncio.sleep(0.1)

    assert drive(service, ADMIN, chunks)[0] == 201


def test_no_file_is_in_memory_as_a_whole(service: FastAPI, staff: TestClient) -> None:
    size = 16 << 20

    async def chunks() -> AsyncIterator[bytes]:
        yield sent(*WHERE, ('name="student"', b"b1"), FILE, ending=b"")[0][:-2]
        for _ in range(size >> 16):
            yield bytes(1 << 16)
        yield b"\r\n--X--\r\n"

    drive(service, ADMIN, _small)  # what is made once
    tracemalloc.start()
    status, said, _ = drive(service, ADMIN, chunks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (status, said["bytes"]) == (201, size + len(PDF))
    assert peak < 6 << 20
    assert staff.get(f"{FILES}/{said['id']}").content == PDF + bytes(size)


async def _small() -> AsyncIterator[bytes]:
    yield sent(*WHERE, ('name="student"', b"b1"), FILE)[0]


# The disk


def test_a_full_disk_is_our_failure_and_passes(
    service: FastAPI, learner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = learner("b1")

    def full(*_: object) -> Iterator[None]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.web.multipart._Reader.write", full)
        answer = upload(client)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "space" not in answer.text
    assert upload(client).status_code == 201
