"""Every answer tells browsers what they may do with it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.web.headers import SecurityHeaders
from tests.app.support import Clock

WANTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _requests(service: FastAPI) -> Iterator[tuple[str, str]]:
    """Every route: those of the API, and those that are not described."""
    for path, methods in service.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), re.sub(r"{\w+}", "x", path)
    for route in service.routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in route.methods or ())
        elif isinstance(route, Mount):
            yield "GET", f"{route.path}/swagger-ui.css"
    yield "GET", "/nothing"
    yield "PUT", "/healthz"


def test_every_route_has_them_whoever_asks(service: FastAPI, client_of: Callable[[str | None], TestClient]) -> None:
    asked = list(_requests(service))
    assert len(asked) > 15
    for token in (None, "an-admin-token-for-tests"):
        for method, path in asked:
            headers = client_of(token).request(method, path).headers
            assert WANTED.items() <= headers.items(), path
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "camera=()" in headers["permissions-policy"]
            assert "server" not in headers
            assert "strict-transport-security" not in headers
            assert len(headers.get_list("content-security-policy")) == 1
            if path.startswith("/docs"):
                continue
            assert headers["content-security-policy"] == NOTHING, path
            assert headers["cache-control"] == "no-store"


def test_no_page_of_another_origin_may_read_an_answer(
    service: FastAPI, client_of: Callable[[str | None], TestClient]
) -> None:
    client = client_of("an-admin-token-for-tests")
    sent = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, path in _requests(service):
        for answer in (client.request(method, path, headers=sent), client.options(path, headers=sent)):
            assert not [name for name in answer.headers if name.startswith("access-control-")], path


def test_only_over_https_browsers_are_told_to_stay_there(service: FastAPI) -> None:
    answer = TestClient(service, base_url="https://upto.example").get("/healthz")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(("proxies", "said"), [("10.0.0.0/8", True), ("192.0.2.0/24", False), ("", False)])
def test_whether_it_was_https_a_trusted_proxy_says(
    settings: Settings, clock: Clock, proxies: str, *, said: bool
) -> None:
    application = create_app(settings.model_copy(update={"trusted_proxies": proxies}), clock)
    with TestClient(application, client=("10.1.2.3", 4321)) as client:
        answer = client.get("/healthz", headers={"X-Forwarded-Proto": "https"})
    assert ("strict-transport-security" in answer.headers) is said


def test_the_documentation_page_may_load_what_it_needs_from_here_and_nothing_else(staff: TestClient) -> None:
    answer = staff.get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["script-src"]
    assert "unsafe-inline" not in policy["script-src"]
    assert re.search(r"\son\w+=", answer.text) is None  # no handlers, which no digest would allow
    for address in re.findall(r'(?:src|href)="([^"]*)"', answer.text):
        assert address.startswith("/docs/assets/")
        assert staff.get(address).status_code == 200
    assert policy["connect-src"] == policy["img-src"].split()[0] == "'self'"


@pytest.mark.parametrize("name", ["Content-Security-Policy", "Cache-Control"])
def test_what_an_answer_says_itself_stands(name: str) -> None:
    answer = TestClient(SecurityHeaders(Response("", headers={name: "its own"}))).get("/")
    assert answer.headers.get_list(name) == ["its own"]
    assert answer.headers["x-content-type-options"] == "nosniff"
