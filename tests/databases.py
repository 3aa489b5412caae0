"""Databases for tests: a PostgreSQL of the tests' own or the one that answers, and a fresh database in it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from app.main import open_database
from app.settings import Settings

__all__ = ["SKIPPED", "fresh_database", "postgresql_server", "prepared_database"]

SKIPPED = "no PostgreSQL: none answers on 127.0.0.1:5432, and UPTO_TEST_POSTGRES_URL names none"
_USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"


@cache
def postgresql_server() -> str | None:
    """The URL of a database on a server where tests may make databases of their own; None where there is none.

    A server that was named and does not answer is an error, never a reason to skip.
    """
    named = os.environ.get("UPTO_TEST_POSTGRES_URL")
    try:
        psycopg.connect(named or _USUAL, connect_timeout=5).close()
    except psycopg.OperationalError:
        if named:
            raise
        return None
    return named or _USUAL


def _execute(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def fresh_database(template: str = "template1") -> Iterator[str]:
    """The URL of a new database, dropped at the end; skips the test where there is no PostgreSQL."""
    server = postgresql_server()
    if server is None:
        pytest.skip(SKIPPED)
    name = f"upto_test_{os.getpid()}_{secrets.token_hex(4)}"
    _execute(server, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, "DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def prepared_database() -> Iterator[str]:
    """The name of a template with our tables and what every database starts with: copying it is fast."""
    with fresh_database() as url:
        open_database(Settings(database_url=url)).close()
        yield make_url(url).database or ""
