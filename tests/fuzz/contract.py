"""The OpenAPI document against a real server, by schemathesis: every check, as staff, as a learner, as a stranger."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.faults.client import TOKEN
from tests.fuzz.material import SOURCES
from tests.fuzz.running import Failure, Input, Tally, judge_growth, resident
from tests.fuzz.wire import complaints, started

__all__ = ["contract"]

NAME = "contract"
_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_OPERATIONS = 30
_COVERAGE = 25  # cases of an operation that do not depend on how many examples are asked for, about
_WHO = 3
_BASE = 32 << 20  # as a server's that still fills its caches


def contract(seed: int, most: int | None, seconds: float | None) -> Tally:
    """Test the document three times.

    Parameters
    ----------
    seed : int
    most : int or None
        Requests, about.
    seconds : float or None

    Returns
    -------
    Tally
    """
    tally = Tally(NAME)
    with TemporaryDirectory(prefix="upto-fuzz-") as name:
        folder = Path(name)
        server = started(folder)
        try:
            address = f"http://127.0.0.1:{server.port}"
            _fill(server.data, address)
            tokens = {"staff": TOKEN, "learner": _learner(server.data, folder), "nobody": None}
            held: list[int] = []
            for number, (who, token) in enumerate(tokens.items()):
                _test(tally, address, who, token, seed + number, most, seconds)
                held.append(resident(*server.processes()))
            judge_growth(tally, seed, _BASE, held[0], held[-1])
            said = complaints(folder, server)
            if said:
                tally.fail(Failure(NAME, seed, 0, 0, f"the log says: {said[:5]}", Input(b"")))
        finally:
            server.kill()
    return tally


def _test(
    tally: Tally, address: str, who: str, token: str | None, seed: int, most: int | None, seconds: float | None
) -> None:
    examples = 20 if most is None else min(max(most // (_WHO * _OPERATIONS) - _COVERAGE, 1), 500)
    told = tomllib.loads(_CONFIGURATION.read_text(encoding="utf-8"))
    told |= {"seed": seed, "generation": {"max-examples": examples}}
    if seconds is not None:
        told["max-time"] = max(int(seconds / _WHO), 1)
    if token is not None:
        told["headers"] = {"Authorization": f"Bearer {token}"}
    config = SchemathesisConfig.from_dict(told)
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json", config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished | events.FuzzScenarioFinished):
            for what, sent in _count(tally, event.recorder):
                tally.fail(Failure(NAME, seed, 0, tally.tried, f"{who}: {what}", Input(sent.encode())))
        elif isinstance(event, events.NonFatalError):
            tally.fail(Failure(NAME, seed, 0, tally.tried, f"{who}: {event.label}: {event.value!r}", Input(b"")))
        elif isinstance(event, events.FatalError):
            raise event.exception


def _count(tally: Tally, recorder: ScenarioRecorder) -> Iterable[tuple[str, str]]:
    """Count the answers of a scenario, and say what failed and how to send it again."""
    for made in recorder.interactions.values():
        tally.tried += 1
        tally.answers["no answer" if made.response is None else str(made.response.status_code)] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                yield (
                    f"{check.name}: {failure.operation}: {failure.title}: {failure.message}",
                    check.failure_info.code_sample,
                )


def _fill(data: Path, address: str) -> None:
    """Put every assignment into the course, and something into every list."""
    import httpx2

    with httpx2.Client(
        base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
    ) as client:
        for slug in ("kinds", "own-graph", "scans"):
            answer = client.put(f"/courses/ml/assignments/{slug}", content=SOURCES[slug])
            if answer.status_code != 201:
                raise RuntimeError(f"{slug} was not taken in {data}: {answer.text}")
        sent: Mapping[str, object] = {"course": "ml", "assignment": "hw3", "student": "b1", "answers": {"1.3": 5.472}}
        client.post("/submissions", json=sent)
        client.post("/submissions", json={**sent, "answers": {"1.3": "five"}})


def _learner(data: Path, folder: Path) -> str:
    command = [str(Path(sys.executable).parent / "upto"), "token", "create", "--course", "ml", "--student", "b1"]
    environment = {**os.environ, "UPTO_DATA_DIR": str(data)}
    made = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return made.stdout.strip()
