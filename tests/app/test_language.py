"""Everything that is said to a person is said in both languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import app
from app.assignments import Bilingual, read_assignment, shipped_assignments
from app.errors import NotFound, Problem, Unprocessable, UptoError, problem_document
from app.language import (
    LANGUAGES,
    Language,
    Message,
    language_named,
    negotiate,
    render,
    surrounding_language,
    text,
)

_APP = Path(app.__file__).parent
_CATALOGUE = _APP / "locale" / "zh_TW" / "LC_MESSAGES" / "upto.po"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _marks_messages(tree: ast.Module) -> bool:
    """Whether a module's `text` is ours: SQLAlchemy has one of its own."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "app.language"
        and any(name.name == "text" for name in node.names)
        for node in ast.walk(tree)
    )


@cache
def _sources() -> dict[Path, ast.Module]:
    trees = {path: ast.parse(path.read_bytes()) for path in sorted(_APP.rglob("*.py"))}
    return {path: tree for path, tree in trees.items() if _marks_messages(tree)}


@cache
def _marked() -> frozenset[str]:
    """Every template that is marked in the sources."""
    return frozenset(
        str(message) for path in _sources() for _, message, *_ in extract_from_file("python", path, {"text": None})
    )


@cache
def _catalogue() -> Catalog:
    with _CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_TW", domain="upto", abort_invalid=True)


def _translated() -> dict[str, str]:
    return {str(entry.id): str(entry.string) for entry in _catalogue() if entry.id}


def _listing(templates: set[str] | frozenset[str]) -> str:
    return "".join(f"\n  {template!r}" for template in sorted(templates))


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _words(template: str) -> str:
    """What a template says besides its parameters."""
    return "".join(said for said, *_ in string.Formatter().parse(template))


def test_every_marked_template_is_translated() -> None:
    translated = {template for template, translation in _translated().items() if translation}
    missing = _marked() - translated
    assert _marked()
    assert not missing, f"{_CATALOGUE} needs a translation of:{_listing(missing)}"


def test_no_translation_is_stale() -> None:
    stale = _translated().keys() - _marked()
    assert not stale, f"Nothing says any more, so take out of {_CATALOGUE}:{_listing(stale)}"


def test_the_catalogue_is_sorted_and_has_no_fuzzy_obsolete_or_located_entry() -> None:
    entries = [entry for entry in _catalogue() if entry.id]
    written = [str(entry.id) for entry in entries]
    assert written == sorted(written)
    assert [entry.id for entry in entries if entry.fuzzy or entry.locations] == []
    assert not _catalogue().obsolete


def test_a_translation_has_the_placeholders_of_its_template() -> None:
    differ = {
        template
        for template, translation in _translated().items()
        if _placeholders(template) != _placeholders(translation)
    }
    assert not differ, f"Other placeholders in the translation of:{_listing(differ)}"


def test_a_translation_is_in_chinese_where_its_template_has_words() -> None:
    english = {
        template
        for template, translation in _translated().items()
        if re.search(r"[^\W\d_]", _words(template)) and not _CHINESE.search(translation)
    }
    assert not english, f"No Chinese in the translation of:{_listing(english)}"


def test_no_template_is_in_chinese() -> None:
    assert not [template for template in _marked() if _CHINESE.search(template)]


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in _sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
                yield f"{path.relative_to(_APP.parent)}:{node.lineno}", node


def test_every_marked_template_is_a_literal_that_babel_finds() -> None:
    for place, call in _calls():
        template = call.args[0]
        assert isinstance(template, ast.Constant), f"{place}: the template has to be a literal"
        assert template.value in _marked(), f"{place}: Babel does not find this template"


def test_a_marked_template_that_is_filled_in_is_filled_in_completely() -> None:
    for place, call in _calls():
        template = call.args[0]
        assert isinstance(template, ast.Constant)
        bound = {keyword.arg for keyword in call.keywords}
        if bound:  # without any it is filled in later
            assert bound == _placeholders(str(template.value)), place


@pytest.mark.parametrize("template", sorted(_marked()))
def test_every_template_renders_in_both_languages(template: str) -> None:
    parameters = {name: f"<{name}>" for name in _placeholders(template)}
    for language in LANGUAGES:
        said = render(Message(template, parameters), language)
        assert all(value in said for value in parameters.values())
        assert "{{" not in said
        assert "}}" not in said


def test_messages_in_a_message_are_said_in_its_language() -> None:
    inner = text("Question {question} has the fields {fields}: send an object {{field: value}}; {kind} arrived.")
    problem = Message(inner.template, {"question": "1.1", "fields": "axes, variances", "kind": text("null")})
    message = text(
        "Nothing was graded and no attempt was used. At {place}: {problem}",
        place=text("the top level"),
        problem=problem,
    )
    assert str(message) == render(message, "en")
    assert render(message, "en") == (
        "Nothing was graded and no attempt was used. At the top level: Question 1.1 has the fields axes, variances: "
        "send an object {field: value}; null arrived."
    )
    assert render(message, "zh-TW") == (
        "這次沒有批改，也沒有用掉繳交次數。問題在「最外層」：題目 1.1 有以下欄位：axes, variances。"
        "請送出 {欄位: 值} 形式的物件；收到的是空值（null）。"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_sent_is_never_read_as_a_template(language: Language) -> None:
    assert "{sent} {0} %s {{" in render(text("“{sent}” is not a number.", sent="{sent} {0} %s {{"), language)


def test_a_template_without_translation_is_said_in_english() -> None:
    assert render(Message("Nobody says {what}.", {"what": text("null")}), "zh-TW") == "Nobody says 空值（null）."


def test_a_refusal_is_said_in_either_language() -> None:
    error = Unprocessable(
        text("The array is empty."), [Problem("/answers/1.1", text("“{sent}” is not a number.", sent="x"))]
    )
    assert problem_document(error, "en") == {
        "type": "/problems/unprocessable",
        "title": "The input could not be understood",
        "status": 422,
        "detail": "The array is empty.",
        "errors": [{"pointer": "/answers/1.1", "message": "“x” is not a number."}],
    }
    assert problem_document(error, "zh-TW") == {
        "type": "/problems/unprocessable",
        "title": "無法理解送出的內容",
        "status": 422,
        "detail": "陣列是空的。",
        "errors": [{"pointer": "/answers/1.1", "message": "「x」不是數字。"}],
    }
    assert problem_document(NotFound(text("There is no submission {id}.", id="7")), "zh-TW")["title"] == "找不到"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW", "zh-TW"),
        ("zh", "zh-TW"),
        ("ZH-tw", "zh-TW"),
        ("zh-Hant-TW,zh;q=0.9,en;q=0.8", "zh-TW"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-TW"),
        ("en-US,en;q=0.9,zh-TW;q=0.8,zh;q=0.7", "en"),
        ("en;q=0.1, zh;q=0.9", "zh-TW"),
        ("en;q=0.1, zh ; q=0.9", "zh-TW"),
        ("en;q=0.5, zh;Q=0.9", "zh-TW"),
        ("en;q=0.9, zh;q=0.1", "en"),
        ("zh, en", "zh-TW"),
        ("en, zh", "en"),
        ("fr", "en"),
        ("fr, zh;q=0.1", "zh-TW"),
        ("zhu", "en"),
        ("*", "en"),
        (";;;,,,=q;-", "en"),
        ("\x00\xff\u6f22, q=1;zh", "en"),
        ("zh;q=0", "en"),
        ("zh;q=0.000", "en"),
        ("zh;q=", "en"),
        ("zh;q=high", "en"),
        ("zh;q=-1", "en"),
        ("zh;q=nan", "en"),
        ("zh;q=nan, zh;q=0.5", "zh-TW"),
        ("zh;q=inf", "en"),
        ("zh;q=1e999", "en"),
        ("zh;q=1e999, en;q=0.1", "en"),
        ("zh;q=2, en;q=0.5", "en"),
        ("en;q=2, zh;q=0.5", "zh-TW"),
        ("zh;q=" + "9" * 100_000, "en"),
        ("x" * 100_000, "en"),
        ("," * 100_000, "en"),
        (";" * 100_000, "en"),
        ("fr;q=0.5," * 11_000 + "zh", "zh-TW"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_an_accept_language_header_chooses(header: str | None, language: Language) -> None:
    assert negotiate(header) == language


@given(st.text() | st.text(alphabet="zhen-TW;q=.,019*- "))
def test_any_accept_language_header_chooses_a_language(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def _bilingual(value: object, place: str = "") -> Iterator[tuple[str, Bilingual]]:
    if isinstance(value, Bilingual):
        yield place, value
    elif isinstance(value, BaseModel):
        for name, inner in value:
            yield from _bilingual(inner, f"{place}/{name}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _bilingual(inner, f"{place}/{key}")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _bilingual(inner, f"{place}/{index}")


@pytest.mark.parametrize("slug", sorted(shipped_assignments()))
def test_a_shipped_assignment_is_said_in_both_languages(slug: str) -> None:
    assignment = read_assignment(shipped_assignments()[slug])
    said = list(_bilingual(assignment))
    assert len(said) > 2 * len(assignment.questions)  # the title, and each question's title and prompt
    for place, both in said:
        assert _CHINESE.search(both.render("zh-TW")), place
        assert not _CHINESE.search(both.render("en")), place


def _kinds(kind: type[UptoError]) -> Iterator[type[UptoError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def test_every_kind_of_problem_has_a_title_in_both_languages() -> None:
    for path in _sources():
        import_module(".".join(path.relative_to(_APP.parent).with_suffix("").parts))
    kinds = list(_kinds(UptoError))
    assert "KeyReused" in {kind.__name__ for kind in kinds}  # those outside app.errors are found, too
    for kind in kinds:
        if kind.__module__.startswith("app."):
            assert not _CHINESE.search(render(kind.title, "en")), kind
            assert _CHINESE.search(render(kind.title, "zh-TW")), kind


def _said_without_translation(tree: ast.Module) -> list[int]:
    """Lines that write a sentence that stands there as it is: a literal or an f-string with words in it."""
    writing = ("echo", "secho", "print", "say", "fail", "add_task", "add_column", "BackupError")
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in writing
        and node.args
        and any(
            isinstance(part, ast.Constant) and isinstance(part.value, str) and re.search(r"[^\W\d_]{3}", part.value)
            for part in (node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else node.args[:1])
        )
    ]


def test_the_command_line_says_nothing_that_is_not_translated() -> None:
    raw = {"app/cli/common.py": 1}  # "upto: " before a sentence
    for path in (*sorted((_APP / "cli").glob("*.py")), *sorted((_APP / "storage").glob("*.py"))):
        name = str(path.relative_to(_APP.parent))
        found = _said_without_translation(ast.parse(path.read_bytes()))
        assert len(found) == raw.get(name, 0), f"{name}: {found}"
    assert _said_without_translation(ast.parse('typer.echo(f"Token {id} is revoked.")')) == [1]
    assert _said_without_translation(ast.parse('say(text("Token {id} is revoked.", id=1))')) == []


_MAINLAND = re.compile(
    "信息|軟件|數據|默認|缺省|網絡|服務器|用戶|鏈接|內存|打印|視頻|文檔|概率|協方差|方差|變量|矢量|無偏|單位正交"
    "|最小二乘|似然|主成份|字符|字節|(?<!演)算法|聚類|數組(?!成)|回歸分析"
)


def _chinese_texts() -> Iterator[tuple[str, str]]:
    yield from _translated().items()
    for slug, path in shipped_assignments().items():
        for place, both in _bilingual(read_assignment(path)):
            yield f"{slug}{place}", both.render("zh-TW")


def test_the_chinese_is_that_of_taiwan() -> None:
    assert _MAINLAND.search("默認的算法")
    assert not _MAINLAND.search("預設的演算法")
    for place, said in _chinese_texts():
        assert not _MAINLAND.search(said), f"{place}: {said}"
        for character in _CHINESE.findall(said):
            character.encode("big5")  # a simplified one is not in it
    with pytest.raises(UnicodeEncodeError):
        "误".encode("big5")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("EN-us", "en"),
        ("en_GB", "en"),
        ("zh", "zh-TW"),
        ("zh-tw", "zh-TW"),
        ("zh_TW", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("", None),
        ("zhu", None),
        ("fr", None),
        ("zh-", None),
        ("zh--TW", None),
        ("zh TW", None),
        (" zh", None),
        ("zh\n", None),
        ("zh-臺灣", None),
        ("en,zh", None),
        ("zh-" + "a" * 100_000, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_tag_names_a_language(tag: str, language: Language | None) -> None:
    assert language_named(tag) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-TW"),
        ({"LANG": "zh_TW.Big5@stroke"}, "zh-TW"),
        ({"LANG": "zh_TW@stroke"}, "zh-TW"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_TW", "LC_MESSAGES": "en_US"}, "en"),
        ({"LANG": "zh_TW", "LC_MESSAGES": ""}, "zh-TW"),
        ({"LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "zh_TW"}, "zh-TW"),
        ({"LANG": "zh_TW", "LC_ALL": "C"}, "en"),
        ({"LC_CTYPE": "zh_TW"}, "en"),
    ],
)
def test_a_locale_chooses_the_language_of_the_command_line(environment: dict[str, str], language: Language) -> None:
    assert surrounding_language(environment) == language
