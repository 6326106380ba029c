"""How a command fails: in one line, with status 2, and without what a secret could be in."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from objective import InvalidInput
from serve.errors import Refused


class Failed(click.ClickException):
    """What a command could not do, in one line."""

    exit_code = 2


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turn what a command may meet into one line; outside commands nothing is changed."""
    try:
        yield
    except (InvalidInput, Refused, OSError, SQLAlchemyError) as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise Failed(said(error)) from error


def said(error: Exception) -> str:
    """Return an error in one line; of the database it says the kind and not the values."""
    if isinstance(error, DBAPIError):
        kind = type(error.orig).__name__ if error.orig is not None else type(error).__name__
        if "no such table" in str(error.orig) or kind == "UndefinedTable":
            return "The database has no tables yet: run `flask --app serve migrate`."
        return f"The database refused ({kind}); see BAILEY_DATABASE_URL and BAILEY_HOME."
    if isinstance(error, ArgumentError):
        return "The database's address cannot be used; see BAILEY_DATABASE_URL."
    if isinstance(error, SQLAlchemyError):
        return f"The database could not be used ({type(error).__name__})."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'}: {error.strerror}."
    return " ".join(str(error).split())
