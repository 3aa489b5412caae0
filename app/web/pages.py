"""The documentation page of the API, with every asset from the installed packages."""

from __future__ import annotations

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

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the API, and let it be tried."""
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Upto API",
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="/docs/assets/favicon.png",
        )
