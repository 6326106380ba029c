"""``create-admin``: the first account, by which all others are made."""

import os
import secrets
from typing import Any

import click
from flask.cli import with_appcontext
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.api.fields import Email, Name, Zone
from serve.auth.passwords import check_password, hash_password
from serve.commands.failures import Failed, in_one_line
from serve.database import transaction
from serve.models import Practice, User, UserRole

#: Whence the password comes where nobody is there to be asked.
PASSWORD = "BAILEY_ADMIN_PASSWORD"


@click.command("create-admin")
@click.option("--email", required=True, help="With what the administrator signs in.")
@click.option("--name", default="", help="What the administrator is called.")
@click.option("--practice", default="", help="Its name; a new one is made if there is none of it.")
@click.option("--zone", default="", help="Of a new practice, such as Europe/Amsterdam.")
@click.option("--generate", is_flag=True, help="Make a password, and print it once.")
@with_appcontext
def create_admin(email: str, name: str, practice: str, zone: str, generate: bool) -> None:
    """Make an administrator's account, and the practice if there is none yet.

    The password is asked for; or it is the variable BAILEY_ADMIN_PASSWORD; or, with --generate,
    it is made up and printed once. There is no default password.
    """
    with in_one_line():
        address = checked("--email", Email, email)
        called = checked("--name", Name, name) if name else ""
        password = _password(generate)
        hashed_password = hashed(password, address)
        made = transaction(
            lambda session: _make(session, address, called, practice, zone, hashed_password)
        )
    click.echo(f"{address} is an administrator of {made} now.")
    if generate:
        click.echo(f"Password (it is not shown again): {password}")


def checked(option: str, kind: Any, value: str) -> str:
    """Return an option's value as the API would take it; raise `Failed` otherwise."""
    try:
        return str(TypeAdapter(kind).validate_python(value))
    except ValidationError as error:
        message = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise Failed(f"{option}: {message.removeprefix('Value error, ')}.") from None


def _password(generate: bool) -> str:
    if generate:
        return new_password()
    given = os.environ.get(PASSWORD)
    try:
        return given or str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    except click.Abort:
        raise Failed(f"No password: type one, set {PASSWORD}, or say --generate.") from None


def new_password() -> str:
    """Return a password that nobody guesses."""
    return secrets.token_urlsafe(18)


def hashed(password: str, email: str) -> str:
    """Return what is kept of a password; raise `InvalidInput` for one that is too weak."""
    check_password(password, email)
    return hash_password(password)


def _make(
    session: Session, email: str, name: str, practice: str, zone: str, password_hash: str
) -> str:
    found = _practice(session, practice, zone)
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise InvalidInput("--email", "the address", "one that no account has yet")
    user = User(practice_id=found.id, email=email, name=name, password_hash=password_hash)
    user.roles = [UserRole(role="administrator")]
    session.add(user)
    return found.name


def _practice(session: Session, name: str, zone: str) -> Practice:
    """Return the practice of a name, the only one, or a new one."""
    if not name and session.scalar(select(func.count()).select_from(Practice)) == 1:
        return session.scalars(select(Practice)).one()
    if not name:
        raise InvalidInput("--practice", "nothing", "the name of the practice")
    found = session.scalar(select(Practice).where(Practice.name == name))
    if found is None:
        found = Practice(name=checked("--practice", Name, name), zone=checked("--zone", Zone, zone))
        session.add(found)
        session.flush()
    return found
