"""Kinds of files: by what content they are known, how they are served, and how they are called."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO

from app.assignments import FileKind

__all__ = ["FILE_KINDS", "FileFormat", "content_kind", "safe_name"]

_HEAD = 1024
_CHUNK = 1 << 16
_NAME_BYTES = 200
_UNSAFE = re.compile(r'[<>:"|?*%]')
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class FileFormat:
    """What is known of a kind.

    Parameters
    ----------
    media_type : str
        It is served as this, whatever the sender called it.
    endings : tuple of str
        Of its names, the usual one first.
    begins : callable, optional
        Whether the first bytes of a file are those of this kind. Without it, a kind is a text in UTF-8, and only the
        ending of the name tells it from others.
    by_name : bool, optional
        Whether the name has to have one of the endings.
    """

    media_type: str
    endings: tuple[str, ...]
    begins: Callable[[bytes], bool] | None = None
    by_name: bool = False


def _zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


FILE_KINDS: Mapping[FileKind, FileFormat] = {
    "pdf": FileFormat("application/pdf", (".pdf",), lambda head: b"%PDF-" in head),  # readers allow a preamble
    "png": FileFormat("image/png", (".png",), lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    "jpeg": FileFormat("image/jpeg", (".jpg", ".jpeg"), lambda head: head.startswith(b"\xff\xd8\xff")),
    "heic": FileFormat(
        "image/heic", (".heic", ".heif"), lambda head: head[4:8] == b"ftyp" and head[8:12].lower() in _HEIF
    ),
    "webp": FileFormat("image/webp", (".webp",), lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    "npz": FileFormat("application/zip", (".npz",), _zip, by_name=True),
    "zip": FileFormat("application/zip", (".zip",), _zip),
    "ipynb": FileFormat("application/x-ipynb+json", (".ipynb",), by_name=True),
    "py": FileFormat("text/plain; charset=utf-8", (".py",), by_name=True),
    "md": FileFormat("text/plain; charset=utf-8", (".md", ".markdown"), by_name=True),
    "csv": FileFormat("text/csv; charset=utf-8", (".csv", ".tsv"), by_name=True),
    "txt": FileFormat("text/plain; charset=utf-8", (".txt",), by_name=True),
}
"""Every kind; of two that fit, the earlier one is meant."""


def content_kind(content: IO[bytes], name: str, among: Sequence[FileKind] = tuple(FILE_KINDS)) -> FileKind | None:
    """The kind of a file, by its content and, for texts and NumPy archives, by the ending of its name.

    Parameters
    ----------
    content : IO
        Read from its start, and left there.
    name : str
        As it was sent.
    among : sequence of str, optional
        The kinds that come into question.

    Returns
    -------
    str or None
        None where it is of none of these.
    """
    content.seek(0)
    head = content.read(_HEAD)
    readable: bool | None = None
    found: FileKind | None = None
    for kind, known in FILE_KINDS.items():
        if kind not in among or (known.by_name and not name.lower().endswith(known.endings)):
            continue
        if known.begins is None:
            readable = _is_text(content) if readable is None else readable
        if readable if known.begins is None else known.begins(head):
            found = kind
            break
    content.seek(0)
    return found


def _is_text(content: IO[bytes]) -> bool:
    content.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in iter(partial(content.read, _CHUNK), b""):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def safe_name(sent: str, kind: FileKind) -> str:
    r"""What a file is called from now on: no folders, nothing that does not print, an ending that its content keeps.

    Examples
    --------
    >>> safe_name("../../etc/passwd", "pdf")
    'passwd.pdf'
    >>> safe_name("C:\\scans\\derivation.PDF", "pdf")
    'derivation.PDF'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    clean = _UNSAFE.sub("_", "".join(character for character in last if character.isprintable())).strip(" .")
    endings = FILE_KINDS[kind].endings
    ending = next((clean[-len(one) :] for one in endings if clean.lower().endswith(one)), "")
    stem = clean.removesuffix(ending) if ending else clean
    ending = ending or endings[0]
    stem = stem.encode("utf-8", "replace")[: _NAME_BYTES - len(ending)].decode("utf-8", "ignore").strip(" .")
    return (stem or "file") + ending
