"""``upto serve``: the service in the foreground."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from app.cli.common import Lang, fail, load_settings, open_or_fail, require_data_dir, say, spoken
from app.language import Message, render, text
from app.settings import Settings
from app.watching import configure_logs, is_readable
from app.watching.sharing import shared_metrics

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn.supervisors import Multiprocess

__all__ = ["serve", "worker_app"]

_BACKLOG = 2048
_SWITCH_SECONDS = 0.0005  # each commit gives the interpreter away: with the usual 5 ms it comes back late
_GRACE_SECONDS = 8  # what is in flight may finish; below the ten seconds after which a container is killed


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
        remedy = (
            text("set UPTO_HOST to an address of this machine") if no_address else text("set UPTO_PORT to a free port")
        )
        where = f"{settings.host}:{settings.port}"
        fail(text("cannot listen on {where} ({what}); {remedy}.", where=where, what=error.strerror, remedy=remedy))
    return listener


def serve(_lang: Lang = None) -> None:
    """Serve the API until it is interrupted."""
    settings = load_settings()
    require_data_dir(settings)
    listener = _listen(settings)
    _allow_many_connections()
    try:
        with shared_metrics(settings.workers):
            _serve(settings, listener)
    except KeyboardInterrupt:  # Ctrl-C is how it is stopped
        pass


def _serve(settings: Settings, listener: socket.socket) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from app.main import admin_token, create_app

    try:
        token, path = admin_token(settings)
    except OSError as error:
        where = settings.data_dir.absolute()
        fail(
            text("the token of the teaching staff cannot be kept in {path} ({what}).", path=where, what=error.strerror)
        )
    configure_logs(settings.log_format, settings.log_level, [*settings.secrets(), token])
    open_or_fail(settings).close()
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    tell = say if is_readable(settings.log_format) else _log_said
    tell(text("Upto is at {address}, its API documented at /docs. Stop it with Ctrl-C.", address=address))
    if path is not None:
        tell(text("The token of the teaching staff is in {path}", path=path.absolute()))
    alone = settings.workers == 1
    config = uvicorn.Config(
        create_app(settings) if alone else "app.cli.serve:worker_app",
        factory=not alone,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    if alone:
        _settle()
        uvicorn.Server(config).run(sockets=[listener])
    else:
        supervisor = Multiprocess(config, [listener])
        _close_when_stopped(supervisor, listener)
        supervisor.run()


def _log_said(message: Message) -> None:
    logging.getLogger("upto").info("%s", render(message, spoken()))


def _close_when_stopped(supervisor: Multiprocess, listener: socket.socket) -> None:
    """Let nobody connect any more from the moment it is told to stop: nobody would answer them."""

    def stop(number: int, _frame: object) -> None:
        listener.close()
        supervisor.signal_queue.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def worker_app() -> FastAPI:
    """The application in one of several web processes, which stops when the process that watches over it is gone."""
    from app.main import admin_token, create_app

    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level, [*settings.secrets(), admin_token(settings)[0]])

    def follow_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow_parent, name="upto-parent", daemon=True).start()
    _settle()
    return create_app(settings)


def _settle() -> None:
    """Share the interpreter finely between the event loop and the threads, and look for garbage less often."""
    from app.intake import settle_memory

    sys.setswitchinterval(_SWITCH_SECONDS)
    settle_memory()


def _allow_many_connections() -> None:
    """Every connection is an open file: allow as many as the system lets us."""
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
