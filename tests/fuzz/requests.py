"""Requests as anybody may send them: to routes that are there, with tokens, bodies and headers right or wrong."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from tests.app.uploads import EXAMPLES, PDF
from tests.fuzz import documents, values
from tests.fuzz.material import SOURCES
from tests.fuzz.running import Input
from tests.fuzz.texts import number, string

__all__ = ["ADMIN", "LEARNER", "STAFF", "Sending", "body_for", "request"]

ADMIN = "an-admin-token-for-fuzzing"
STAFF, LEARNER = "staff", "learner"


@dataclass(frozen=True)
class Sending:
    """What a request has beside its body."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    whole: bool = True
    """Whether the body arrives whole; else the client leaves in its middle."""


_BASE = "/api/v1"
_PLACE = f"{_BASE}/courses/{{course}}/assignments/{{slug}}"
# Method, path and what the body is.
_ROUTES: tuple[tuple[str, str, str], ...] = (
    *(("POST", f"{_BASE}/{name}", "submission") for name in ("submissions", "previews", "checks") * 2),
    ("POST", f"{_BASE}/refusals/{{}}/grade", "submission"),
    ("POST", f"{_BASE}/files", "form"),
    ("POST", f"{_BASE}/files", "form"),
    *(("GET", f"{_BASE}/{name}", "") for name in ("submissions", "refusals", "me", "assignment-schema")),
    *(("GET", f"{_BASE}/{name}", "") for name in ("files/{}", "submissions/{}", "submissions/{}/files")),
    ("PATCH", f"{_BASE}/me", "setting"),
    ("PUT", _PLACE, "source"),
    ("PUT", f"{_PLACE}/learners/{{student}}/policy", "policy"),
    ("DELETE", f"{_PLACE}/learners/{{student}}/policy", ""),
    *(("GET", f"{_PLACE}{rest}", "") for rest in ("", "/standing", "/data.npz", "/data.csv", "/versions", "/policies")),
    *(("GET", f"{_PLACE}{rest}", "") for rest in ("/versions/{}", "/versions/{}/difference")),
    ("GET", f"{_PLACE}/learners/{{student}}/policy", ""),
    ("POST", f"{_PLACE}/versions/{{}}/publish", ""),
    *(("GET", path, "") for path in ("/healthz", "/readyz", "/openapi.json", "/docs", "/docs/assets/{}")),
    *(("GET", path, "") for path in ("/{}", "*", "/")),
)  # fmt: skip
_METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"),
    "PROPFIND",
    "A" * 300,
)
_NAMES = ("ml", "hw3", "practice", "kinds", "own-graph", "scans", "b1", "B2", "b3", "0", "favicon.png", "..", "%2e%2e")
_KNOWN = {"course": ("ml",), "slug": tuple(SOURCES), "student": ("b1", "B2", "b3")}
_PLACES = re.compile(r"\{(\w*)\}")
_LIKE = {"assignment": "slug"}
_QUERIES = ("course", "assignment", "student", "cursor", "limit", "lang", "name", "since", "reason", "__proto__", "")
_TYPES = (
    *(
        b"application/json",
        b"application/x-ndjson",
        b"text/plain",
        b"multipart/form-data; boundary=X",
        b"application/yaml",
    ),
    *(
        b"application/json; charset=utf-16",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data",
        b"",
        b"/",
        b";;;",
    ),
    *(
        b"multipart/form-data; boundary=" + b"X" * 300,
        b"text/html\xff",
        b'multipart/form-data; boundary=""',
        b"a" * 9000,
    ),
)
_HEADERS = (
    *((b"accept-language", one) for one in (b"zh-TW", b"*", b"en;q=nan", b"en;q=1e999", b"\xff")),
    *((b"accept-language", one) for one in (b"," * 5000, b"zh-" * 3000)),
    *((b"idempotency-key", one) for one in (b"k1", b"k2", b"", b"\xff", b"k" * 256, b"a b")),
    *((b"content-length", one) for one in (b"0", b"-1", b"9" * 30, b"1e3", b"\xb2", b"1,1", b"abc")),
    *((b"content-encoding", one) for one in (b"gzip", b"deflate", b"br", b"gzip, gzip", b"identity")),
    *((b"accept-encoding", b"gzip"), (b"range", b"bytes=0-1,2-3,4-" + b"5,6-" * 3000), (b"range", b"bytes=9-1")),
    *((b"if-none-match", b"*"), (b"host", b"evil.example/../"), (b"host", b"a" * 5000)),
    (b"x-forwarded-host", b"\r\nX: y"),
    *((b"transfer-encoding", b"chunked"), (b"expect", b"100-continue"), (b"cookie", b"a=" * 4000)),
    (b"x-http-method-override", b"PUT"),
    *((b"if-modified-since", b"0"), (b"origin", b"null"), (b"upgrade", b"websocket"), (b"connection", b"upgrade")),
)  # fmt: skip
_TOKENS = (*(ADMIN, STAFF, LEARNER) * 12, "", "wrong", "é", "a" * 8000, "\x00")


@cache
def _bombs() -> tuple[bytes, ...]:
    """What would be 10 MiB and more, were it inflated."""
    zeros = bytes(10 << 20)
    return (
        gzip.compress(zeros),
        zlib.compress(zeros),
        gzip.compress(gzip.compress(zeros)),
        gzip.compress(b'{"answers":{}}'),
    )


def request(rng: Random) -> Input:
    """A request; most of the time to a route that is there, with the body that it wants."""
    method, path, wants = rng.choice(_ROUTES)
    if rng.random() < 0.08:
        method = rng.choice(_METHODS)
    path = _PLACES.sub(lambda found: _name(rng, found[1]), path)
    target = path.encode("utf-8", "surrogatepass")
    if rng.random() < 0.4:
        target += b"?" + b"&".join(_parameter(rng) for _ in range(rng.choice((1, 1, 2, 5, 200))))
    sent, kind = body_for(rng, wants if rng.random() < 0.95 else rng.choice(("submission", "form", "source", "")))
    headers = [(b"authorization", _bearer(rng))]
    if kind or rng.random() < 0.1:
        headers.append((b"content-type", kind if rng.random() < 0.9 else rng.choice(_TYPES)))
    headers += rng.choices(_HEADERS, k=rng.choice((0, 0, 0, 1, 1, 2, 6)))
    if rng.random() < 0.05:
        headers.append(rng.choice(headers))
    if rng.random() < 0.05:
        del headers[0]
    rng.shuffle(headers)
    return Input(sent, Sending(method, target, tuple(headers), whole=rng.random() < 0.97))


def _name(rng: Random, what: str = "") -> str:
    kind = rng.random()
    if kind < 0.85:
        return rng.choice(_KNOWN.get(what, _NAMES))
    if kind < 0.9:
        return f"{rng.getrandbits(128):032x}"
    return string(rng)[:3000]


def _parameter(rng: Random) -> bytes:
    name, value = rng.choice(_QUERIES), rng.choice((_name, number))(rng)
    if rng.random() < 0.2:
        value = rng.choice(("%00", "%", "%zz", "%ff", "%f0%9f%98%80", "+", "=&=", "zh-TW", "en", "1", "200", "bmFu"))
    return f"{name}={value}".encode("utf-8", "surrogatepass")


def _bearer(rng: Random) -> bytes:
    if rng.random() < 0.06:
        return rng.choice((b"Basic YTpi", b"Bearer", b"bearer  x y", b"\xff\xfe", b"Bearer " + b"x" * 60000, b""))
    return f"Bearer {rng.choice(_TOKENS)}".encode()


def body_for(rng: Random, wants: str) -> tuple[bytes, bytes]:
    """A body, and what it calls itself."""
    if wants and rng.random() < 0.03:
        return rng.choice(_bombs()), b"application/json"
    match wants:
        case "submission":
            if rng.random() < 0.15:
                lines = [rng.choice((documents.body, values.body))(rng) for _ in range(rng.randrange(6))]
                return b"\n".join(lines), b"application/x-ndjson"
            return rng.choice((documents.body, values.body))(rng), b"application/json"
        case "form":
            sent = _form(rng)
            return (documents.damaged(rng, sent) if rng.random() < 0.4 else sent), b"multipart/form-data; boundary=X"
        case "source":
            source = SOURCES[rng.choice(("kinds", "scans", "own-graph"))]
            return (documents.damaged(rng, source) if rng.random() < 0.8 else source), b"application/yaml"
        case "setting":
            return _object(rng, {"language": rng.choice(("en", "zh-TW", None))}), b"application/json"
        case "policy":
            policy = {
                "due_at": "2027-01-01",
                "attempts": 3,
                "late": {"rule": "linear", "per_day": 0.1},
                "reason": "ill",
            }
            return _object(rng, policy), b"application/json"
        case _:
            return b"", b""


def _object(rng: Random, given: dict[str, Any]) -> bytes:
    changed = {key: documents.Raw(number(rng)) if rng.random() < 0.1 else one for key, one in given.items()}
    changed |= {string(rng): string(rng)} if rng.random() < 0.2 else {}
    written = documents.write(changed).encode("utf-8", "surrogatepass")
    return documents.damaged(rng, written) if rng.random() < 0.2 else written


def _form(rng: Random) -> bytes:
    said = {
        "assignment": "scans",
        "question": rng.choice(("1", "2", "3")),
        "field": rng.choice(("scan", "code", "remark")),
    }
    if rng.random() < 0.3:
        said[rng.choice(("course", "student", "assignment", "file", string(rng)[:500]))] = string(rng)[:2000]
    name, content = rng.choice((("scan.pdf", PDF), *EXAMPLES.values(), (string(rng)[:300], rng.randbytes(3000))))
    parts = [(f'name="{key}"', one.encode("utf-8", "surrogatepass")) for key, one in said.items()]
    parts.append((f'name="file"; filename="{name}"', content))
    rng.shuffle(parts)
    body = b"".join(
        b"--X\r\nContent-Disposition: form-data; "
        + head.encode("utf-8", "surrogatepass")
        + b"\r\n\r\n"
        + content
        + b"\r\n"
        for head, content in parts
    )
    return body + b"--X--\r\n"
