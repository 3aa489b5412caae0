"""``upto serve``: the service in the foreground."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

import typer

from app.cli.common import fail, load_settings, open_or_fail, require_data_dir
from app.settings import Settings

__all__ = ["serve"]

_BACKLOG = 2048


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything heavy is loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        no_address = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        remedy = "UPTO_HOST to an address of this machine" if no_address else "UPTO_PORT to a free port"
        fail(f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); set {remedy}.")
    return listener


def serve() -> None:
    """Serve the API until it is interrupted."""
    settings = load_settings()
    require_data_dir(settings)
    listener = _listen(settings)
    import uvicorn

    from app.main import admin_token, create_app

    try:
        _, path = admin_token(settings)
    except OSError as error:
        fail(f"the token of the teaching staff cannot be kept in {settings.data_dir.absolute()} ({error.strerror}).")
    open_or_fail(settings).close()
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Upto is at http://{shown}:{port}, its API documented at /docs. Stop it with Ctrl-C.", err=True)
    if path is not None:
        typer.echo(f"The token of the teaching staff is in {path.absolute()}", err=True)
    config = uvicorn.Config(create_app(settings), log_level="warning", access_log=False, proxy_headers=False)
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it is stopped
        uvicorn.Server(config).run(sockets=[listener])
