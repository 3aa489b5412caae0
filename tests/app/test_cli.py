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
    environment |= {"UPTO_DATA_DIR": str(cwd / "data"), "LC_ALL": "C.UTF-8"}
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


def _say_in(where: Path, *arguments: str | Path, **locale: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UPTO_", "LC_", "LANG"))}
    environment |= {"UPTO_DATA_DIR": str(where / "data"), "PYTHONUTF8": "1", **locale}
    return subprocess.run(
        [UPTO, *arguments], cwd=where, env=environment, capture_output=True, check=False
    ).stderr.decode()


def test_the_command_line_speaks_the_language_of_lang_or_else_of_the_locale(tmp_path: Path) -> None:
    wrong = ("grade", "hw3", "nothing.ndjson")
    english, chinese = "upto: cannot read nothing.ndjson", "upto: 無法讀取 nothing.ndjson"
    for locale, arguments, said in (
        ({}, (), english),
        ({"LANG": "zh_TW.UTF-8"}, (), chinese),
        ({"LANG": "zh_TW.UTF-8"}, ("--lang", "en"), english),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": "C"}, (), english),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, (), chinese),
        ({}, ("--lang", "zh_tw"), chinese),
        ({}, ("--language", "zh-TW"), chinese),
        ({"LANG": "zh_TW.UTF-8"}, ("--lang", "fr"), "upto: 沒有語言 fr；可用的有：en, zh-TW。"),
    ):
        assert _say_in(tmp_path, *wrong, *arguments, **locale).startswith(said)


def test_commands_without_the_offline_grader_speak_it_as_well(tmp_path: Path) -> None:
    for arguments, said in (
        (("token", "create", "--course", "no", "--staff", "Ada"), "upto: 沒有課程 no。"),
        (("token", "revoke", "7"), "upto: 沒有編號為 7 的有效權杖"),
        (("backup", "there"), "there 存有0 位學生的 0 份繳交"),
        (("backup", "there"), "upto: there 已存在"),
        (("restore", "nothing"), "upto: 找不到檔案 nothing。"),
        (("lint", "nothing"), "upto: 無法讀取 nothing"),
    ):
        assert _say_in(tmp_path, *arguments, "--lang", "zh-TW").startswith(said)
    refused = _say_in(tmp_path, "serve", UPTO_PORT="65536", LC_ALL="zh_TW.UTF-8")
    assert refused.startswith("upto: 設定 UPTO_PORT 無效：")


def test_a_token_is_made_with_what_its_holder_reads(tmp_path: Path) -> None:
    assert "no language fr" in _say_in(
        tmp_path, "token", "create", "--course", "ml", "--staff", "A", "--language", "fr"
    )
    for whose in (("--staff", "Ada"), ("--student", "b1")):
        assert not _say_in(tmp_path, "token", "create", "--course", "ml", *whose, "--language", "zh-tw")
    listed = _run("token", "list", cwd=tmp_path).stdout.decode()
    assert listed.count("zh-TW") == 2
    assert "role" in listed
    assert "身分" in _run("token", "list", "--lang", "zh-TW", cwd=tmp_path).stdout.decode()
