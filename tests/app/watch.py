"""What the tests of logs and numbers share: lines as they are written, and numbers as they are read."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, event

from app.watching import configure_logs

__all__ = ["logged", "numbers", "read_only"]

Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Log:
    """What was logged."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def text(self) -> str:
        """All of it, as written."""
        return self._stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        """Line by line."""
        return [json.loads(line) for line in self.text().splitlines()]


@contextmanager
def logged(*secrets: str, form: str = "json") -> Iterator[Log]:
    """Let this process log as one that serves does; pytest's own handlers come back afterwards."""
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    root.handlers = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        configure_logs("text" if form == "text" else "json", "info", secrets)
    try:
        yield Log(stream)
    finally:
        logging.captureWarnings(capture=False)
        logging.raiseExceptions = True
        root.handlers, root.level = handlers, level


def numbers(content: str) -> Numbers:
    """Every sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(content)
        for sample in family.samples
    }


@contextmanager
def read_only(engine: Engine) -> Iterator[None]:
    """Let the database take no writes from this engine."""

    def forbid(connection: Any, *_: object) -> None:  # noqa: ANN401 - the driver's connection
        if engine.dialect.name == "sqlite":
            connection.execute("PRAGMA query_only = ON")
            return
        connection.read_only = True

    event.listen(engine, "checkout", forbid)
    try:
        yield
    finally:
        event.remove(engine, "checkout", forbid)
        engine.dispose()
