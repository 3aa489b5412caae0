"""``upto lint`` shows what is wrong, or what students would see, and exits accordingly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.planted import TEN, planted


def _lint(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    command = [str(Path(sys.executable).with_name("upto")), "lint", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, cwd=cwd)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Homework 3 with ten errors."""
    path = tmp_path / "planted.yaml"
    path.write_bytes(planted(*TEN))
    return path


def test_what_is_right_is_shown_as_students_see_it(tmp_path: Path) -> None:
    done = _lint("hw3", cwd=tmp_path)
    said = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert "nothing to mend" in said
    assert "axes: 3×3" in said
    assert "not_centred" in said
    assert "5.472" in said


@pytest.mark.parametrize(("language", "word"), [("en", "What is wrong"), ("zh-TW", "問題與修正方式")])
def test_findings_come_as_a_table_with_lines(file: Path, language: str, word: str) -> None:
    done = _lint(file, "--language", language, cwd=file.parent)
    said = done.stdout.decode()
    assert done.returncode == 1
    assert word in said
    for code, _, _ in TEN:
        assert f"[{code}]" in said
    assert "228:15" in said


def test_findings_come_as_json(file: Path) -> None:
    done = _lint(file, "--json", cwd=file.parent)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert len(document["findings"]) == 10
    first = document["findings"][0]
    assert (first["code"], first["line"], first["pointer"]) == ("points", 7, "/points")
    assert "answer_schema" not in document


def test_the_preview_comes_as_json(tmp_path: Path) -> None:
    done = _lint("hw3", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["findings"] == []
    assert document["example"]["1.3"] == {"error": 5.472}
    assert document["answer_schema"]["properties"]["1.3"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as target:
        target.truncate(50_000_000)
    done = _lint(path, cwd=tmp_path)
    assert done.returncode == 1
    assert "50000000 bytes; at most 1048576" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("nothing.yaml",), "cannot read nothing.yaml"), (("hw3", "--language", "fr"), "no language fr")],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = _lint(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr.decode()
    assert done.stdout == b""
