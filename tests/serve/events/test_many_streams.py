"""Real processes, many clients: everybody is told everything, soon, whoever is killed."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from flask import current_app
from sqlalchemy.exc import OperationalError

from serve.database import transaction
from serve.events.announce import announce
from serve.settings import Settings
from tests.postgres import Server, private_server
from tests.serve.conftest import KEY, SQLITE_AT_NIGHT
from tests.serve.events.crowd import Followers
from tests.serve.events.load import measured
from tests.serve.events.service import STREAMS_OF_USER, Events, Place, add_user, place

#: Seconds within which nearly all events must be there also where all is on two busy cores. How
#: soon they are there, from the answer and the request, is measured by tests.benchmarks.events.
IN_THE_END = 15.0


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_two_hundred_streams_are_told_at_once_while_forty_days_run(settings: Settings):
    """Each its events once, in order, and while they are news; no booking and no note fails."""
    figures = measured(settings, seconds=20)
    print(figures)
    assert figures.streams == 200
    assert figures.failures == ()
    assert (figures.wrong, figures.losses) == (0, 0)
    assert figures.events > 50
    assert figures.expected > 50
    assert figures.p99 < IN_THE_END


class Teller:
    """Announces something again and again, whatever happens to the database."""

    def __init__(self, at: Place, context: Callable[[], object]) -> None:
        self.count, self._at, self._context = 0, at, context
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tell)
        self._thread.start()

    def _tell(self) -> None:
        practice = self._at.clinic.practice
        with self._context():  # type: ignore[attr-defined]
            while not self._stop.wait(0.02):
                try:
                    transaction(
                        lambda session: announce(
                            session, practice, "run.done", uuid4(), datetime.now(UTC)
                        )
                    )
                    self.count += 1
                except OperationalError:
                    time.sleep(0.2)

    def stop(self) -> None:
        """Tell nothing more."""
        self._stop.set()
        self._thread.join(60)


def disturbed(settings: Settings, disturb: Callable[[Events, Callable[[], None]], None]) -> None:
    """Let clients follow while something is disturbed; all must be told everything."""
    with place(settings) as at:
        users = transaction(
            lambda session: [add_user(session, at.clinic, "front_desk").token for _ in range(4)]
        )
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        events = Events(settings)
        followers = Followers(events.port, users * STREAMS_OF_USER)
        try:
            assert followers.know(at.last(), 60), "not all streams are open"
            teller = Teller(at, app.app_context)
            time.sleep(1.0)

            def all_follow() -> None:
                assert followers.know(at.last(), 60), "some clients are not told everything"

            disturb(events, all_follow)
            time.sleep(1.0)
            teller.stop()
            all_follow()
        finally:
            followers.go()
            events.stop()
        happened = [one.id for one in at.events()]
        assert len(happened) == teller.count > 50
        assert [one.seen for one in followers.all] == [happened] * 40
        assert not any(one.resets for one in followers.all)


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_clients_miss_nothing_when_the_server_of_events_is_killed(settings: Settings):
    """SIGKILL in the middle, and then SIGTERM; all come back by the number that they know."""

    def kill(events: Events, all_follow: Callable[[], None]) -> None:
        for how in (signal.SIGKILL, signal.SIGTERM):
            status = events.stop(how)
            assert status == (0 if how == signal.SIGTERM else -signal.SIGKILL)
            time.sleep(0.5)
            events.start()
            all_follow()

    disturbed(settings, kill)


@pytest.fixture
def own_server(postgres_programs: Path) -> Iterator[Server]:
    """A PostgreSQL server that nobody else uses."""
    with private_server(postgres_programs) as server:
        yield server


@pytest.mark.slow
def test_clients_miss_nothing_when_postgresql_is_restarted(own_server: Server, tmp_path: Path):
    """In order and like a crash: streams go on when it is back, and hear of news again."""
    settings = Settings(
        home=str(tmp_path), database_url=own_server.url, secret_key=KEY, rate_limit=""
    )

    def restart(events: Events, all_follow: Callable[[], None]) -> None:
        for mode in ("fast", "immediate"):
            own_server.restart(mode)
            all_follow()
            time.sleep(1.0)
        assert "bailey_event_streams 40.0" in events.numbers()

    disturbed(settings, restart)
