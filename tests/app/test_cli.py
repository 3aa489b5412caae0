"""The command line: grading offline, and tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.support import perfect

UPTO = Path(sys.executable).parent / "upto"


def _run(*arguments: str | Path, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UPTO_")}
    environment["UPTO_DATA_DIR"] = str(cwd / "data")
    return subprocess.run([UPTO, *arguments], cwd=cwd, env=environment, input=stdin, capture_output=True, check=False)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """A file with a good line, a blank one, bad ones, and one too long."""
    good = json.dumps({"student": "B1", "answers": perfect(3)})
    long = json.dumps({"student": "b2", "answers": {"2.1": "x" * (1 << 20)}})
    other = json.dumps({"student": "b3", "assignment": "hw4", "answers": {}})
    last = '{"student": "b4", "answers": {"1.3": 1}}'
    file = tmp_path / "submissions.ndjson"
    file.write_text("\n".join([good, "", "{", long, other, last]), encoding="utf-8")
    return file


def test_grade_answers_every_line_in_order_and_exits_with_0(lines: Path) -> None:
    done = _run("grade", "hw3", lines, cwd=lines.parent)
    assert (done.returncode, done.stderr) == (0, b"")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["status"] for answer in answers] == ["pending_manual", 400, 413, 422, "pending_manual"]
    assert (answers[0]["student"], answers[0]["score"], answers[4]["score"]) == ("b1", 3.7, 0.0)
    assert not {"id", "course", "attempt", "submitted_at", "late"} & answers[0].keys()
    assert answers[0]["questions"]["1.1"]["fields"]["axes"]["symmetry"]["element"] is not None


def test_grade_reads_standard_input_and_a_yaml_file_and_speaks_chinese(lines: Path) -> None:
    shipped = Path(__file__).parents[2] / "app" / "assignments" / "hw3.yaml"
    done = _run("grade", shipped, "-", "--language", "zh-TW", cwd=lines.parent, stdin=lines.read_bytes())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 5
    assert "正負號" in answers[0]["questions"]["1.1"]["feedback"][0]["message"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("grade", "hw9", "submissions.ndjson"), "hw9"),
        (("grade", "hw3", "nothing.ndjson"), "nothing.ndjson"),
        (("grade", "submissions.ndjson", "submissions.ndjson"), "at most 1048576 are read"),
        (("grade", "hw3", "submissions.ndjson", "--language", "fr"), "no language fr"),
        (("token", "create", "--course", "ml"), "--staff NAME or --student ID"),
        (("token", "create", "--course", "no", "--student", "b1"), "no course no"),
        (("token", "create", "--course", "ml", "--student", "b 1"), "student id"),
        (("token", "revoke", "77"), "no valid token 77"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(lines: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = _run(*arguments, cwd=lines.parent)
    assert done.returncode == 1
    assert sentence in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_a_token_is_printed_alone_listed_without_its_secret_and_revoked(tmp_path: Path) -> None:
    made = _run("token", "create", "--course", "ml", "--staff", "Ada", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    token = made.stdout.decode().strip()
    assert token.startswith("upto_")
    assert len(token.split()) == 1
    listed = _run("token", "list", cwd=tmp_path).stdout.decode()
    assert "Ada" in listed
    assert "staff" in listed
    assert token not in listed
    assert _run("token", "revoke", "1", cwd=tmp_path).returncode == 0
    assert _run("token", "revoke", "1", cwd=tmp_path).returncode == 1
