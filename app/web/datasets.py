"""An assignment's data as files: for NumPy, and as a table for everything else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response
from numpy.typing import NDArray

from app.errors import Problem, Unprocessable
from app.language import text
from app.web.dependencies import Checked, Given, Shared, refusals

__all__ = ["as_csv", "as_npz", "flattened", "router"]

router = APIRouter(prefix="/api/v1/courses/{course}/assignments/{assignment}", dependencies=[Checked])

Array = NDArray[Any]
Student = Annotated[str | None, Query(max_length=64, description="Whose data staff want to see.")]
_NPZ = "application/zip"
_CSV = "text/csv"


@router.get(
    "/data.npz",
    summary="Download the data for NumPy",
    response_class=Response,
    responses={
        200: {"content": {_NPZ: {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(403, 404, 409, 422),
    },
)
async def read_npz(
    course: str, assignment: str, credential: Given, service: Shared, student: Student = None
) -> Response:
    """The caller's data as arrays by their dotted names, such as `np.load("data.npz")["gmm.theta0.pi"]`."""

    def work() -> Response:
        seen = service.data(credential, course, assignment, student)
        return _file(as_npz(seen.assignment.data), f"{_stem(assignment, seen.student)}.npz", _NPZ)

    return await service.draw_aside(work)


@router.get(
    "/data.csv",
    summary="Download the data as a table",
    response_class=Response,
    responses={200: {"content": {_CSV: {"schema": {"type": "string"}}}}, **refusals(403, 404, 409, 422)},
)
async def read_csv(
    course: str,
    assignment: str,
    credential: Given,
    service: Shared,
    student: Student = None,
    name: Annotated[str | None, Query(max_length=256, description="One array, by its dotted name.")] = None,
) -> Response:
    """The caller's data as rows of numbers: one array, or all, each below a line `# name (shape)`."""

    def work() -> Response:
        seen = service.data(credential, course, assignment, student)
        arrays = flattened(seen.assignment.data)
        if name is not None and name not in arrays:
            message = text("The data have no {name}. There are: {known}.", name=name[:80], known=", ".join(arrays))
            raise Unprocessable(text("A parameter of the request is not valid."), [Problem("/query/name", message)])
        chosen = arrays if name is None else {name: arrays[name]}
        written = as_csv(chosen, headed=name is None)
        stem = _stem(assignment, seen.student) + ("" if name is None else f"-{name}")
        return _file(written.encode("utf-8"), f"{stem}.csv", _CSV)

    return await service.draw_aside(work)


def _stem(assignment: str, whose: str | None) -> str:
    """What the file is called: names of ours, which have letters, digits and little else."""
    return assignment if whose is None else f"{assignment}-{whose}"


def _file(content: bytes, name: str, media_type: str) -> Response:
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{plain}"'})


def flattened(data: Mapping[str, Any]) -> dict[str, Array]:
    """The data as arrays by their dotted names.

    Parameters
    ----------
    data : mapping
        Values are numbers, texts, lists in lists, or mappings of these.

    Returns
    -------
    dict
        Whole numbers stay whole. What is no array (rows of unequal length, nothing at all) is kept as its text.
    """
    return dict(_leaves(data, ""))


def _leaves(data: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Array]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _array(value)


def _array(value: object) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        return np.asarray(str(value))
    return np.asarray(str(value)) if array.dtype == object else array


def as_npz(data: Mapping[str, Any]) -> bytes:
    """The data as NumPy's archive of arrays; nothing in it is pickled."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **flattened(data))
    return buffer.getvalue()


def as_csv(arrays: Mapping[str, Array], *, headed: bool) -> str:
    """Arrays as rows of numbers, in as many digits as they have.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        A vector is one column; of more than two axes the last is the row, and blocks follow each other.
    headed : bool
        Whether a line `# name (shape)` stands above each, which readers of numbers skip as a comment.

    Returns
    -------
    str
        Lines end in CR LF (RFC 4180).
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for name, array in arrays.items():
        if headed:
            buffer.write(f"# {name} {array.shape}\r\n")
        rows = array.reshape(-1, 1) if array.ndim < 2 else array.reshape(-1, array.shape[-1])
        writer.writerows(rows.tolist())
    return buffer.getvalue()
