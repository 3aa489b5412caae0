"""An assignment that takes files, files of every kind, and forms as clients send them."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.assignments import FileKind

FILES = "/api/v1/files"
SOURCE = """\
format: 1
slug: scans
title: {en: "Scans", zh-TW: "掃描"}
points: 4
tolerance: {decimals: 3}
policy: {%s}
questions:
  - id: "1"
    title: {en: "A proof", zh-TW: "證明"}
    prompt: {en: "Prove it.", zh-TW: "請證明。"}
    points: 2
    fields:
      scan: {kind: file}
      remark: {kind: text, required: false}
  - id: "2"
    title: {en: "Code", zh-TW: "程式"}
    prompt: {en: "Hand in your code.", zh-TW: "請繳交程式。"}
    points: 1
    fields:
      code: {kind: file, accept: [ipynb, py, zip, npz], max_bytes: 1000}
      scan: {kind: file, required: false}
  - id: "3"
    title: {en: "Condition number", zh-TW: "條件數"}
    prompt: {en: "Find it.", zh-TW: "請求條件數。"}
    points: 1
    truth: {solver: linear_algebra.condition_number, inputs: {A: {value: [[2, 1], [1, 1]]}}}
    fields:
      kappa: {shape: []}
"""
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
NOTEBOOK = json.dumps({"cells": [], "nbformat": 4}).encode()


def _zip() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("a.txt", "a")
    return archive.getvalue()


def _npz() -> bytes:
    archive = io.BytesIO()
    np.savez(archive, a=np.eye(2))
    return archive.getvalue()


EXAMPLES: dict[FileKind, tuple[str, bytes]] = {
    "pdf": ("a.pdf", PDF),
    "png": ("a.png", PNG),
    "jpeg": ("a.jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
    "heic": ("IMG_1.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    "webp": ("a.webp", b"RIFF\x1a\0\0\0WEBPVP8L"),
    "zip": ("a.zip", _zip()),
    "npz": ("a.npz", _npz()),
    "ipynb": ("a.ipynb", NOTEBOOK),
    "py": ("a.py", "x = 1  # 一\n".encode()),
    "txt": ("a.txt", "證明".encode()),
    "md": ("a.md", b"# 1\n"),
    "csv": ("a.csv", b"1,2\n"),
}


def upload(client: TestClient, content: bytes = PDF, name: str = "scan.pdf", **parts: str) -> Response:
    """Send a file as a browser does; by default to the scan of question 1."""
    data = {"assignment": "scans", "question": "1", "field": "scan", **parts}
    return client.post(FILES, data=data, files={"file": (name, content, "text/html")})


def sent(*parts: tuple[str, bytes], ending: bytes = b"--X--\r\n") -> tuple[bytes, dict[str, str]]:
    """A form's bytes, part by part as they are given (the disposition's parameters, the content), and its headers."""
    body = b"".join(
        b"--X\r\nContent-Disposition: form-data; " + said.encode() + b"\r\n\r\n" + content + b"\r\n"
        for said, content in parts
    )
    return body + ending, {"content-type": "multipart/form-data; boundary=X"}


WHERE = (('name="assignment"', b"scans"), ('name="question"', b"1"), ('name="field"', b"scan"))


def drive(
    app: FastAPI, token: str, chunks: Callable[[], AsyncIterator[bytes | None]], length: int | None = None
) -> tuple[int, dict[str, Any], int]:
    """Send a body chunk by chunk (None: the client leaves); gives status, document and how many chunks were taken."""
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"multipart/form-data; boundary=X")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": FILES,
        "raw_path": FILES.encode(), "query_string": b"", "root_path": "", "scheme": "http", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    taken, said = 0, []

    async def run() -> None:
        source = chunks()

        async def receive() -> dict[str, Any]:
            nonlocal taken
            chunk = await anext(source, b"")
            taken += 1
            if chunk is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

        async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
            said.append(message)

        await app(scope, receive, send)

    asyncio.run(run())
    body = b"".join(message.get("body", b"") for message in said)
    return said[0]["status"], json.loads(body), taken
