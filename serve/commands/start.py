"""``start``: all of the service on this machine, until it is told to stop."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from serve.commands.demo_data import tell
from serve.commands.failures import in_one_line
from serve.commands.migrate import bring_up_to_date
from serve.database import reading
from serve.demo.clock import DemoClock
from serve.models import UserRole
from serve.settings import Settings

#: Seconds between two looks at whether a part has ended.
LOOK = 0.2
#: Seconds that the parts get to end.
PATIENCE = 80
#: What the parts of a made-up practice write, in the home folder: passwords stay in sight.
LOG = "demo.log"


@click.command("start")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--no-worker", is_flag=True, help="Leave long work to a worker started elsewhere.")
@click.option("--no-events", is_flag=True, help="Start no server of events.")
@click.option("--demo", is_flag=True, help="A made-up practice, in simulated time.")
@with_appcontext
def start(host: str, port: int, no_worker: bool, no_events: bool, demo: bool) -> None:
    """Start the web server, the worker and the server of events, on an up-to-date database.

    Needs nothing else: without settings the database is a file in the folder ``instance``.
    Ctrl-C, or SIGTERM, lets requests in flight end and stops all.
    """
    with in_one_line():
        bring_up_to_date()
        if demo:
            tell_of_demo()
        with reading() as session:
            administrators = session.scalar(
                select(func.count()).select_from(UserRole).where(UserRole.role == "administrator")
            )
    if not administrators:
        click.echo(
            "Nobody can sign in yet. Make an account with\n"
            "  flask --app serve create-admin --email you@example.org --practice NAME "
            "--zone Europe/Amsterdam\n"
            "or stop, and try with a made-up practice\n"
            "  flask --app serve start --demo"
        )
    flask = _program("flask")
    parts = [[_program("gunicorn"), "--config", "python:serve.gunicorn"]]
    if not no_worker and "worker" in current_app.cli.commands:
        parts.append([flask, "--app", "serve", "worker"])
    environment = {**os.environ, "BAILEY_BIND": f"{host}:{port}", **addresses(host, port)}
    if demo:
        environment["BAILEY_DEMO"] = "true"
    if no_events:
        environment["BAILEY_EVENTS_BIND"] = "off"
    if environment["BAILEY_EVENTS_BIND"] != "off":
        parts.append([flask, "--app", "serve", "events"])
    click.echo(f"Bailey is at http://{host}:{port}/ (Ctrl-C stops it).")
    settings: Settings = current_app.config["SETTINGS"]
    log = Path(settings.home) / LOG if demo else None
    if log is not None:
        click.echo(f"What it writes of its work is in {log}.")
    sys.stdout.flush()
    status = run_together(parts, environment, log)
    if log is not None and status:
        click.echo(f"It ended by itself; the last lines of {log} may say why.", err=True)
    sys.exit(status)


def tell_of_demo() -> None:
    """Open the made-up practice, and say who can sign in and what time it is there."""
    # What plays its days is not needed otherwise.
    from serve.demo.opening import open_demo

    clock = current_app.config["CLOCK"]
    settings: Settings = current_app.config["SETTINGS"]
    if not isinstance(clock, DemoClock):
        clock = DemoClock(Path(settings.home), clock)
    if clock.pace is None:
        click.echo("Making up a practice with a quarter of history: this takes some seconds.")
    opened = open_demo(clock)
    click.echo(
        f"{opened.name} is made up, nobody in it exists, and its time is simulated: there it is "
        f"{opened.now:%A %-d %B %Y, %H:%M}. A button on its pages plays the day."
    )
    if opened.passwords:
        tell(opened.passwords)
    else:
        click.echo(
            "Its accounts have the passwords that were shown when it was made; for new ones say\n"
            "  flask --app serve demo-data --new-passwords"
        )


def addresses(host: str, port: int) -> dict[str, str]:
    """Return where the service is, and its server of events: at the port after the web server's.

    What the environment says already stays. Pages of the web server may read the stream, although
    for a browser another port is another origin.
    """
    beside = f"{host}:{port + 1 if port < 65_535 else port - 1}"
    names = dict.fromkeys((host, "127.0.0.1", "localhost") if host == "127.0.0.1" else (host,))
    settings = {
        "BAILEY_EVENTS_BIND": beside,
        "BAILEY_WEB_ORIGIN": " ".join(f"http://{name}:{port}" for name in names),
        "BAILEY_PUBLIC_URL": f"http://{host}:{port}",
    }
    if not port:
        # Nobody knows the port that the system will choose.
        settings = {"BAILEY_EVENTS_BIND": "off"}
    return {name: os.environ.get(name) or value for name, value in settings.items()}


def _program(name: str) -> str:
    """Return the program of this Python's environment."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or name


def run_together(
    parts: Sequence[Sequence[str]], environment: dict[str, str], log: Path | None = None
) -> int:
    """Run programs until one ends or this one is told to stop; return the exit status.

    If one ends by itself the others are stopped, so that whoever watches starts all of them anew.

    Parameters
    ----------
    log
        The file that gets what they write; None for where this program writes.
    """
    with ExitStack() as stack:
        into = None if log is None else stack.enter_context(log.open("ab"))
        # Ctrl-C in a terminal reaches all processes of a group: theirs are their own, and told
        # once.
        running = [
            subprocess.Popen(
                one, env=environment, start_new_session=True, stdout=into, stderr=into
            )
            for one in parts
        ]  # fmt: skip
    told: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while not told and all(one.poll() is None for one in running):
        time.sleep(LOOK)
    ended = [one.returncode for one in running if one.poll() is not None]
    for one in running:
        if one.poll() is None:
            one.send_signal(signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    for one in running:
        try:
            one.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()
    if told:
        return 0
    return next((abs(status) for status in ended if status), 1)
