"""Which keys the format has at a place of a file, so that a typo can be answered with what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

__all__ = ["keys_at"]


def keys_at(model: type[BaseModel], location: Iterable[str | int]) -> list[str]:
    """Find the keys of the part of the format that a location leads to.

    Parameters
    ----------
    model : type of BaseModel
        Of the whole document that was read.
    location : iterable of str or int
        As pydantic gives it; steps that name the member of a union are passed over.

    Returns
    -------
    list of str
        As they are written in files; empty where any name will do.
    """
    here: list[object] = [model]
    for step in location:
        inside = [inner for one in here for inner in _step(one, step)]
        here = inside or here
    return list(dict.fromkeys(key for one in here for part in _models(one) for key in _keys(part)))


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _step(annotation: object, step: str | int) -> Iterator[object]:
    """What stands under a key or an index."""
    for part in _models(annotation):
        for name, field in part.model_fields.items():
            if step in (name, field.alias):
                yield field.annotation
    for one in _containers(annotation):
        origin, arguments = get_origin(one), get_args(one)
        if (origin is dict and isinstance(step, str)) or (origin in (tuple, list) and isinstance(step, int)):
            yield arguments[1] if origin is dict else arguments[0]


def _members(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - whatever stands in a model
    """The annotation itself, or what it is a union of or an annotation of."""
    if get_origin(annotation) in (dict, tuple, list) or isinstance(annotation, type):
        yield annotation
        return
    inner = getattr(annotation, "__origin__", None)
    for one in get_args(annotation) if inner is None or not hasattr(annotation, "__metadata__") else (inner,):
        yield from _members(one)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    for one in _members(annotation):
        if isinstance(one, type) and get_origin(one) is None and issubclass(one, BaseModel):
            yield one


def _containers(annotation: object) -> Iterator[object]:
    yield from (one for one in _members(annotation) if get_origin(one) is not None)
