"""The figures of homework 3, as printed, and the data of its companion questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[1] / "data" / "hw3"


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    return _read("published.json")


@pytest.fixture(scope="session")
def companions() -> dict[str, Any]:
    return _read("companions.json")
