"""A made-up practice that browsers can open: the web server and the server of events."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from apiflask import APIFlask
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from serve import create_app
from serve.database import db, reading, transaction
from serve.demo.clock import DemoClock
from serve.demo.make import make_demo
from serve.migrations import migrate
from serve.models import User
from serve.settings import Settings
from tests.serve.browser import PASSWORD, give_password
from tests.serve.conftest import KEY, HandClock
from tests.serve.events.conftest import Streaming, free_port

#: A Wednesday, in the middle of the morning's sessions: in Amsterdam 10:10.
NOW = datetime(2026, 3, 4, 9, 10, tzinfo=UTC)
NAME = "Demo clinic"


Result = TypeVar("Result")


def in_thread(work: Callable[[], Result]) -> Result:
    """Do something in a thread of its own: Flask's contexts end in none that runs Playwright."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@dataclass
class Website:
    """The service as a browser sees it.

    Attributes
    ----------
    address
        Of the first page, without a slash at its end.
    clock
        Its clock stands still until it is put forward.
    """

    address: str
    app: APIFlask
    clock: HandClock

    def work(self, work: Callable[[Session], Result]) -> Result:
        """Do something in a transaction of the service's database; events are told."""

        def done() -> Result:
            with self.app.app_context():
                return transaction(work)

        return in_thread(done)

    def sign_in(self, page: Page, role: str) -> Page:
        """Sign in as the demo's user of a role, on the first page of the role."""
        return self.sign_in_as(page, f"{role}@demo-clinic.example")

    def sign_in_as(self, page: Page, email: str) -> Page:
        """Sign in as whoever has an address, on the first page of that user."""
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".account").wait_for(state="attached")
        return page


def make_demo_file(folder: Path) -> Path:
    """Make a database with the demo practice, whose users all have one password."""
    return in_thread(lambda: _make_demo_file(folder))


def _make_demo_file(folder: Path) -> Path:
    path = folder / "demo.db"
    clock = HandClock()
    clock.moment = NOW
    app = create_app(_settings(folder, f"sqlite:///{path}"), clock)
    with app.app_context():
        migrate(db.engine)
        transaction(lambda session: make_demo(session, NAME, "Europe/Amsterdam", 0, NOW))
        with reading() as session:
            users = session.scalars(select(User.id)).all()
        for user in users:
            give_password(user, PASSWORD)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return path


@contextmanager
def opened(folder: Path, demo: Path) -> Iterator[Website]:
    """Serve a copy of the demo practice of its own."""
    with opened_with(_settings(folder, f"sqlite:///{folder / 'bailey.db'}"), demo) as website:
        yield website


@contextmanager
def opened_with(
    settings: Settings, practice: Path, begin: Callable[[Settings], None] | None = None
) -> Iterator[Website]:
    """Serve a copy of a practice with settings, once what must be there before it is begun."""
    shutil.copy(practice, Path(settings.home) / "bailey.db")
    if begin is not None:
        in_thread(lambda: begin(settings))
    with serving(settings) as website:
        yield website


@contextmanager
def serving(settings: Settings, empty: bool = False) -> Iterator[Website]:
    """Serve a database, web and events, with a clock that stands still.

    Parameters
    ----------
    empty
        Whether the database has no tables yet.
    """
    clock, port, stream = HandClock(), free_port(), free_port()
    clock.moment = NOW
    address = f"http://127.0.0.1:{port}"
    changed = replace(
        settings, web_origin=address, public_url=address, events_bind=f"127.0.0.1:{stream}"
    )
    simulated = DemoClock(Path(settings.home), clock) if settings.demo == "true" else clock
    app = in_thread(lambda: create_app(changed, simulated))
    if empty:
        in_thread(lambda: _migrate(app))
    streaming = in_thread(lambda: Streaming(app, stream))
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Website(address, app, clock)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        streaming.stop()
        in_thread(lambda: _dispose(app))


def _migrate(app: APIFlask) -> None:
    with app.app_context():
        migrate(db.engine)


def _dispose(app: APIFlask) -> None:
    with app.app_context():
        db.engine.dispose()


def _settings(folder: Path, url: str) -> Settings:
    return Settings(home=str(folder), database_url=url, secret_key=KEY, rate_limit="")
