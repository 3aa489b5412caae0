"""What the README shows is what happens."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
UPTO = Path(sys.executable).parent / "upto"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[int]:
    """The service as `make run` starts it, in a folder of its own and on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UPTO_")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [UPTO, "serve"], env={**environment, "UPTO_PORT": str(port)}, cwd=tmp_path, stderr=log
        )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        for _ in range(400):
            try:
                with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _sh(command: str, folder: Path) -> str:
    environment = {**os.environ, "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        ["sh", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _near(shown: object, happened: object) -> None:
    """The same documents, numbers to the digits shown."""
    if isinstance(shown, dict):
        assert isinstance(happened, dict)
        assert shown.keys() == happened.keys()
        for key, value in shown.items():
            _near(value, happened[key])
    elif isinstance(shown, list):
        assert isinstance(happened, list)
        assert len(shown) == len(happened)
        for one, other in zip(shown, happened, strict=True):
            _near(one, other)
    else:
        assert shown == (pytest.approx(happened, abs=1e-9) if isinstance(shown, float) else happened)


def test_the_readmes_commands_give_the_answers_that_it_shows(served: int, tmp_path: Path) -> None:
    _, curl, grade, token, backup = _blocks("sh")
    report = json.loads(_sh(curl.replace("127.0.0.1:8000", f"127.0.0.1:{served}"), tmp_path))
    (shown,) = _blocks("json")
    for question, part in json.loads(shown).items():
        _near(part, report["questions"][question])
    offline = json.loads(_sh(grade.replace(".venv/bin/upto", str(UPTO)), tmp_path))
    assert (offline["student"], offline["score"]) == ("b1", 0.1)
    assert _sh(token.replace(".venv/bin/upto", str(UPTO)), tmp_path).startswith("upto_")
    _sh(backup.replace(".venv/bin/upto", str(UPTO)), tmp_path)
    assert (tmp_path / "backup.sqlite3").stat().st_size > 0


def test_every_symmetry_of_the_table_exists() -> None:
    import graders

    section = README.split("## What is graded modulo what")[1].split("\n## ")[0]
    named = {
        name
        for row in section.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    groups = {one.group for one in vars(graders).values() if isinstance(one, type) and hasattr(one, "group")}
    assert named == groups


def test_every_setting_is_in_the_table_and_no_other() -> None:
    from app.settings import Settings

    section = README.split("## Settings")[1].split("\n## ")[0]
    cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("|")]
    named: list[str] = []
    for short, name in re.findall(r"`(?:UPTO_|(\.\.\._))(\w+)`", "\n".join(cells)):
        # `..._NAME`: as the one before, but for its last word
        named.append(f"{named[-1].rpartition('_')[0]}_{name}" if short else name)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)
