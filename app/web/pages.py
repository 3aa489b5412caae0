"""The documentation page of the API, with every asset from the installed packages."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

__all__ = ["install"]


def install(app: FastAPI) -> None:
    """Serve Swagger UI at ``/docs``."""
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fastapi_offline, which brings the assets of Swagger UI, is not installed")
    app.mount("/docs/assets", StaticFiles(directory=Path(package.origin).parent / "static"), name="docs-assets")

    page = bytes(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Upto API",
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="/docs/assets/favicon.png",
        ).body
    )
    policy = _policy(page)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the API, and let it be tried."""
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _policy(page: bytes) -> str:
    """What the page may load: from us alone, and of scripts that stand in it those that it came with.

    Swagger UI sets styles in elements, and its icons are data.
    """
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script).digest()).decode("ascii") for script in scripts]
    hashes = "".join(f" 'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
