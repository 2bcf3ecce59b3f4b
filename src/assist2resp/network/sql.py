"""How a database is reached through SQLAlchemy (extra `sql`), and what can be said of it without its password."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from assist2resp.errors import MissingExtraError

SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Place:
    """A database by its URL."""

    url: Any
    """SQLAlchemy's own, with a driver that is installed."""
    shown: str
    """The URL without password and parameters."""
    secret: str

    def reason(self, error: Exception) -> str:
        """The first line of an error, in one piece and without the password."""
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        text = said[0].rstrip(".") if said else type(error).__name__
        return text.replace(self.secret, "…") if len(self.secret) >= SHORTEST_SECRET else text


def sqlalchemy(feature: str) -> Any:
    """SQLAlchemy; a MissingExtraError names the feature that needs it."""
    if importlib.util.find_spec("sqlalchemy") is None:
        raise MissingExtraError(feature, "sql")
    return importlib.import_module("sqlalchemy")


def place_of(sql: Any, url: str) -> Place:
    """The place of a URL; SQLAlchemy's errors are not translated."""
    made = _with_driver(sql.make_url(url))
    return Place(made, made.render_as_string(hide_password=True).partition("?")[0], made.password or "")


def _with_driver(url: Any) -> Any:
    """PostgreSQL by whichever driver is there, where the URL names none."""
    is_plain = url.drivername in ("postgres", "postgresql")
    if is_plain and importlib.util.find_spec("psycopg2") is None:
        return url.set(drivername="postgresql+psycopg")
    return url.set(drivername="postgresql") if is_plain else url
