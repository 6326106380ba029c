"""``demo-data``: a made-up practice to try everything with."""

from collections.abc import Mapping

import click
from flask.cli import with_appcontext

from serve.api.fields import Name, Zone
from serve.clock import now
from serve.commands.create_admin import checked
from serve.commands.failures import in_one_line
from serve.database import transaction


@click.command("demo-data")
@click.option("--practice", default="Demo clinic", show_default=True, help="Its name.")
@click.option("--zone", default="Europe/Amsterdam", show_default=True, help="Its time zone.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 1),
    help="Of everything that is drawn.",
)  # fmt: skip
@click.option(
    "--new-passwords", is_flag=True, help="Only give the accounts of a made-up practice new ones."
)
@with_appcontext
def demo_data(practice: str, zone: str, seed: int, new_passwords: bool) -> None:
    """Make up a practice: six providers, patients, a quarter of history, and appointments.

    Nobody in it exists and no visit took place. It gets an account for each role, whose passwords
    are printed once. Never make one beside real patients. For one whose time is simulated, and
    whose day can be played, there is `start --demo`.
    """
    if new_passwords:
        from serve.demo.opening import new_passwords as made_new

        with in_one_line():
            tell(made_new(practice))
        return
    # The generator of histories takes seconds to import.
    from serve.demo.make import make_demo

    with in_one_line():
        name, place = checked("--practice", Name, practice), checked("--zone", Zone, zone)
        moment = now()
        made = transaction(lambda session: make_demo(session, name, place, seed, moment))
    click.echo(
        f"{name} is made up: {made.patients} patients, {made.appointments} appointments and "
        f"{made.history} rows of history; nobody in it exists."
    )
    tell(made.passwords)


def tell(passwords: Mapping[str, str]) -> None:
    """Say with which passwords the accounts of a made-up practice sign in."""
    click.echo("Accounts and their passwords, which are not shown again:")
    for email, password in passwords.items():
        click.echo(f"  {email}  {password}")
