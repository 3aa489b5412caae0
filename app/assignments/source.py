"""The bytes of an assignment file as plain data in which every value knows its line; hostile YAML is refused.

Anchors, tags, depth and sheer size are refused while the file is read, event by event, so that nothing is built of
what would be too large.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from app.assignments.faults import Fault, Path, quoted
from app.language import Message, text

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_VALUES", "Source", "read_source"]

MAX_BYTES = 1 << 20
MAX_VALUES = 50_000
MAX_DEPTH = 32
_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"
_LONGEST = 400
_MISLEADING = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-9.]+)+|[-+]?0[0-9_]+")  # in base 60, and octal


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands, and the places of what it holds."""

    line: int
    column: int
    inside: Mapping[str | int, _Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A file as it was read.

    Parameters
    ----------
    document : object
        Its values; None where it could not be read.
    faults : tuple of Fault
        What is wrong with it as YAML.
    """

    document: object
    faults: tuple[Fault, ...]
    _top: _Place
    _at: tuple[int, int] | None = None

    @cached_property
    def readable(self) -> bool:
        """Whether there is a document."""
        return self._at is None

    def position(self, path: Path) -> tuple[int, int]:
        """The line and column, counted from 1, of a value, or of what should hold it."""
        if self._at is not None:
            return self._at
        here = self._top
        for step in path:
            if step not in here.inside:
                break
            here = here.inside[step]
        return here.line, here.column


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, code: str, message: Message, mark: Any) -> None:  # noqa: ANN401 - PyYAML's mark
        super().__init__(code)
        self.fault = Fault(code, (), message)
        self.at = (mark.line + 1, mark.column + 1)


def read_source(source: bytes) -> Source:
    """Read a file as YAML (or JSON, which is YAML) without anything that could grow or run.

    Parameters
    ----------
    source : bytes

    Returns
    -------
    Source
        With one fault and no document where it cannot be read.
    """
    if len(source) > MAX_BYTES:
        message = text("The file has {length} bytes; at most {limit} are read.", length=len(source), limit=MAX_BYTES)
        return _unread(Fault("too_large", (), message), (1, 1))
    loader: Any = None
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(source)
        reader = _Reader(loader)
        document, top = reader.whole()
    except _Refused as refused:
        return _unread(refused.fault, refused.at)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or " ".join(str(error).split())
        message = text("The assignment file is not YAML: {what}", what=what)
        return _unread(Fault("not_yaml", (), message), (mark.line + 1, mark.column + 1) if mark else (1, 1))
    finally:
        if loader is not None:
            loader.dispose()
    return Source(document, tuple(reader.faults), top)


def _unread(fault: Fault, at: tuple[int, int]) -> Source:
    return Source(None, (fault,), _Place(*at), at)


class _Reader:
    """Builds values from PyYAML's events, counting as it goes."""

    def __init__(self, loader: Any) -> None:  # noqa: ANN401 - PyYAML's loaders are not typed
        self.loader = loader
        self.faults: list[Fault] = []
        self.count = 0
        self.path: list[str | int] = []

    def whole(self) -> tuple[object, _Place]:
        """The one document of the file."""
        self.loader.get_event()
        if self.loader.check_event(yaml.StreamEndEvent):
            event = self.loader.get_event()
            raise _Refused("empty", text("The file is empty; an assignment is wanted."), event.start_mark)
        self.loader.get_event()
        found = self.value()
        self.loader.get_event()
        if not self.loader.check_event(yaml.StreamEndEvent):
            mark: Any = self.loader.get_event().start_mark
            raise _Refused("not_yaml", text("The file holds more than one document; one is wanted."), mark)
        return found

    def value(self) -> tuple[object, _Place]:
        """The next value with its place."""
        event: Any = self.loader.get_event()
        self._limits(event)
        mark: Any = event.start_mark
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event), _Place(mark.line + 1, mark.column + 1)
        if len(self.path) >= MAX_DEPTH:
            message = text("The file is nested deeper than {limit} levels, the most that is read.", limit=MAX_DEPTH)
            raise _Refused("too_deep", message, mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event)
        return self._mapping(event)

    def _limits(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's event
        self.count += 1
        if self.count > MAX_VALUES:
            message = text("The file holds more than {limit} values, the most that is read.", limit=MAX_VALUES)
            raise _Refused("too_large", message, event.start_mark)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            message = text("Anchors and aliases (& and *) are not read. Write the value out.")
            raise _Refused("anchor", message, event.start_mark)
        if event.tag is not None:
            message = text("Tags (!) are not read, and the format needs none. Take it out.")
            raise _Refused("tag", message, event.start_mark)

    def _scalar(self, event: Any) -> object:  # noqa: ANN401 - PyYAML's event
        tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        constructor = self.loader.yaml_constructors.get(tag)
        if tag == _STRING or constructor is None:
            return event.value
        if len(event.value) > _LONGEST or _MISLEADING.fullmatch(event.value):
            message = text(
                "YAML does not read “{sent}” as it looks. Put a text in quotes; write a number without colons, leading "
                "zeros, and more than {limit} characters.",
                sent=quoted(event.value),
                limit=_LONGEST,
            )
            self.faults.append(Fault("not_allowed", tuple(self.path), message))
            return event.value
        try:
            return constructor(self.loader, yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        except (ValueError, OverflowError):
            message = text("“{sent}” is neither a number nor a time. Put a text in quotes.", sent=quoted(event.value))
            self.faults.append(Fault("not_allowed", tuple(self.path), message))
            return event.value

    def _list(self, event: Any) -> tuple[object, _Place]:  # noqa: ANN401 - PyYAML's event
        values: list[object] = []
        places: dict[str | int, _Place] = {}
        while not self.loader.check_event(yaml.SequenceEndEvent):
            self.path.append(len(values))
            value, places[len(values)] = self.value()
            values.append(value)
            self.path.pop()
        self.loader.get_event()
        return values, _Place(event.start_mark.line + 1, event.start_mark.column + 1, places)

    def _mapping(self, event: Any) -> tuple[object, _Place]:  # noqa: ANN401 - PyYAML's event
        values: dict[str, object] = {}
        places: dict[str | int, _Place] = {}
        while not self.loader.check_event(yaml.MappingEndEvent):
            key, line, column = self._key()
            self.path.append(key)
            value, place = self.value()
            if key in values:
                message = text("The key {key} stands here a second time. Keep one of the two.", key=quoted(key))
                self.faults.append(Fault("duplicate_key", tuple(self.path), message))
            values[key] = value
            places[key] = place if place.line == line else _Place(line, column, place.inside)
            self.path.pop()
        self.loader.get_event()
        return values, _Place(event.start_mark.line + 1, event.start_mark.column + 1, places)

    def _key(self) -> tuple[str, int, int]:
        """The next key and where it stands."""
        event = self.loader.get_event()
        self._limits(event)
        mark = event.start_mark
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused("not_allowed", text("A key has to be a text."), mark)
        tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == _MERGE:
            message = text("Merge keys (<<) are not read. Write the values out.")
            raise _Refused("anchor", message, mark)
        return event.value, mark.line + 1, mark.column + 1
