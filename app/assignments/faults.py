"""What is wrong with an assignment file and where: one record, and pydantic's findings as ours in both languages."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from app.assignments.known_keys import keys_at
from app.language import Message, text

__all__ = ["Fault", "InconsistentError", "Path", "faults_of", "quoted", "refuse", "said_of"]

Path = tuple[str | int, ...]
"""Keys and indices from the top of the document."""

_QUOTED = 60
_LANGUAGES = ("en", "zh-TW")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an assignment file.

    Parameters
    ----------
    code : str
        Its kind, for programs.
    path : tuple of str or int
        Where it stands.
    message : Message
        What it is and what to do.
    """

    code: str
    path: Path
    message: Message


class InconsistentError(ValueError):
    """Parts of a model that contradict each other; the paths of its faults start at the model."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(str(fault.message) for fault in faults))
        self.faults = tuple(faults)


def refuse(code: str, message: Message, *path: str | int) -> NoReturn:
    """Raise an `InconsistentError` of one fault."""
    raise InconsistentError([Fault(code, path, message)])


def quoted(value: object) -> str:
    """What arrived, short enough to be repeated."""
    said = str(value)
    return said if len(said) <= _QUOTED else said[: _QUOTED - 1] + "…"


def faults_of(error: ValidationError, document: object, model: type[BaseModel]) -> list[Fault]:
    """Say in our words what pydantic found.

    Parameters
    ----------
    error : ValidationError
    document : object
        What was validated: the paths are made to lead through it.
    model : type of BaseModel
        What it was validated as, for the keys that it may have.

    Returns
    -------
    list of Fault
        In the order in which pydantic reports them.
    """
    found: list[Fault] = []
    for issue in error.errors(include_url=False):
        path = _path(issue["loc"], document, missing=issue["type"] == "missing")
        inner = issue.get("ctx", {}).get("error")
        if isinstance(inner, InconsistentError):
            found += [Fault(fault.code, (*path, *fault.path), fault.message) for fault in inner.faults]
        elif issue["type"] == "extra_forbidden":
            found.append(Fault("unknown_key", path, _unknown_key(str(path[-1]), keys_at(model, issue["loc"][:-1]))))
        else:
            found.append(_fault(issue["type"], path, issue["input"], issue.get("ctx", {}), issue["msg"]))
    return found


def _unknown_key(key: str, known: Sequence[str]) -> Message:
    close = difflib.get_close_matches(key, known, n=3) if len(key) <= _QUOTED else []
    if close:
        return text("The format has no key {key} here. Did you mean {close}?", key=key, close=", ".join(close))
    return text("The format has no key {key} here; correct it or take it out.", key=quoted(key))


def said_of(issue: Mapping[str, Any]) -> Message:
    """Say in our words what pydantic found, wherever it stands; what we have no words for stays in English."""
    return _fault(issue["type"], issue["loc"], issue["input"], issue.get("ctx") or {}, issue["msg"]).message


def _path(loc: Path, document: object, *, missing: bool) -> Path:
    """The part of a location that leads through the document: pydantic adds the names of unions and of keys."""
    path: list[str | int] = []
    here: Any = document
    for number, step in enumerate(loc):
        inside = here if isinstance(here, dict) else dict(enumerate(here)) if isinstance(here, list) else {}
        if step in inside:
            here = inside[step]
            path.append(step)
        elif missing and number == len(loc) - 1:
            path.append(step)
    return tuple(path)


def _fault(kind: str, path: Path, sent: object, context: Mapping[str, Any], said: str) -> Fault:
    if kind == "missing" and path[-1] in _LANGUAGES:
        return Fault("missing_translation", path, _MISSING_LANGUAGE[str(path[-1])])
    if kind not in _KINDS:
        return Fault("invalid", path, text("{what}", what=said))
    code, message, fill = _KINDS[kind]
    return Fault(code, path, Message(message.template, fill(path, sent, context)))


def _kind(value: object) -> Message:
    """Name the kind of a value that arrived."""
    match value:
        case None:
            return text("null")
        case bool():
            return text("true or false")
        case int() | float():
            return text("a number")
        case str():
            return text("a string")
        case list() | tuple():
            return text("a list")
        case dict():
            return text("an object")
        case _:
            return text("something else")


_Fill = Callable[[Path, Any, Mapping[str, Any]], dict[str, object]]


def _with_kind(_path: Path, sent: object, _context: Mapping[str, Any]) -> dict[str, object]:
    return {"kind": _kind(sent)}


def _with_key(path: Path, _sent: object, _context: Mapping[str, Any]) -> dict[str, object]:
    return {"key": quoted(path[-1])}


def _with_choices(_path: Path, sent: object, context: Mapping[str, Any]) -> dict[str, object]:
    return {"sent": quoted(sent), "known": context["expected"].replace("'", "").replace(" or ", ", ")}


def _with(name: str) -> _Fill:
    """Fill in what arrived and one limit."""
    return lambda _path, sent, context: {"sent": quoted(sent), "limit": context[name]}


def _counted(name: str) -> _Fill:
    return lambda _path, _sent, context: {"limit": context[name], "count": context["actual_length"]}


def _plain(_path: Path, _sent: object, _context: Mapping[str, Any]) -> dict[str, object]:
    return {}


_MISSING_LANGUAGE: Mapping[str, Message] = {
    "zh-TW": text("The text in Traditional Chinese is missing; add zh-TW beside en."),
    "en": text("The text in English is missing; add en beside zh-TW."),
}
_STRING = ("wrong_type", text("A string is wanted here; {kind} arrived."), _with_kind)
_NUMBER = ("wrong_type", text("A number is wanted here; {kind} arrived."), _with_kind)
_WHOLE = ("wrong_type", text("A whole number is wanted here; {kind} arrived."), _with_kind)
_LIST = ("wrong_type", text("A list is wanted here; {kind} arrived."), _with_kind)
_MAPPING = ("wrong_type", text("Keys with values are wanted here; {kind} arrived."), _with_kind)
_CHECK = ("not_allowed", text("A check is of one kind: sum, unit_rows or embedding."), _plain)
_NOT_FINITE = ("out_of_range", text("A finite number is wanted here."), _plain)
_KINDS: Mapping[str, tuple[str, Message, _Fill]] = {
    "missing": ("missing_key", text("The key {key} is missing here; add it."), _with_key),
    "string_type": _STRING,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "bool_type": ("wrong_type", text("true or false is wanted here; {kind} arrived."), _with_kind),
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "literal_error": ("unknown_value", text("“{sent}” is not known here; wanted is: {known}."), _with_choices),
    "string_pattern_mismatch": (
        "not_allowed",
        text("“{sent}” cannot be a name here; it has to match {limit}."),
        _with("pattern"),
    ),
    "greater_than": ("out_of_range", text("{sent} is out of range; more than {limit} is wanted."), _with("gt")),
    "greater_than_equal": ("out_of_range", text("{sent} is out of range; at least {limit} is wanted."), _with("ge")),
    "less_than": ("out_of_range", text("{sent} is out of range; less than {limit} is wanted."), _with("lt")),
    "less_than_equal": ("out_of_range", text("{sent} is out of range; at most {limit} is wanted."), _with("le")),
    "finite_number": _NOT_FINITE,
    "int_parsing_size": _NOT_FINITE,
    "too_short": ("out_of_range", text("At least {limit} are wanted here; {count} arrived."), _counted("min_length")),
    "too_long": ("out_of_range", text("At most {limit} are allowed here; {count} arrived."), _counted("max_length")),
    "string_too_long": (
        "out_of_range",
        text("At most {limit} characters are allowed here; {count} arrived."),
        lambda _path, sent, context: {"limit": context["max_length"], "count": len(sent)},
    ),
    "string_too_short": ("out_of_range", text("The text is empty; write it."), _plain),
    "union_tag_invalid": _CHECK,
    "union_tag_not_found": _CHECK,
}
