"""Events are numbered as they are committed, and told once or not at all."""

import multiprocessing
import os
import random
import threading
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from serve.database import connect, db, lock, reading, transaction
from serve.events.announce import announce, write_events
from serve.models import Event, Practice, VisitType
from tests.serve.conftest import NOW, Clinic, make_clinic

PROCESSES, TRANSACTIONS = 6, 40


def tell(session: Session, practice: UUID, kind: str = "run.done") -> None:
    """Announce something."""
    announce(session, practice, kind, uuid4(), NOW)


def kinds(practice: UUID) -> list[str]:
    """Return what is told of a practice, in order."""
    with reading() as session:
        query = select(Event.kind).where(Event.practice_id == practice).order_by(Event.id)
        return list(session.scalars(query))


def announce_often(url: str, practices: list[UUID], seed: int) -> None:
    """Announce in transactions of random length, some of which fail, in a process of its own."""
    app, chance = Flask("crowd"), random.Random(seed)
    connect(app, url)
    with app.app_context():
        for _ in range(TRANSACTIONS):
            told = chance.choices(practices, k=chance.choice((1, 1, 2, 3)))
            pauses = [chance.choice((0.0, 0.001, 0.02)) for _ in told]
            fails = chance.random() < 0.15

            def work(
                session: Session,
                told: list[UUID] = told,
                pauses: list[float] = pauses,
                fails: bool = fails,
            ) -> None:
                for practice, pause in zip(told, pauses, strict=True):
                    tell(session, practice, "run.failed" if fails else "run.done")
                    time.sleep(pause)
                if fails:
                    raise RuntimeError

            try:
                transaction(work)
            except RuntimeError:
                assert fails
            time.sleep(chance.choice((0.0, 0.005)))
    os._exit(0)


def test_whoever_reads_on_misses_nothing(app: APIFlask, clinic: Clinic, database_url: str):
    """Many processes announce for two practices, and a reader follows each by its number."""
    with app.app_context():
        practices = [clinic.practice, make_clinic("Welch").practice]
        # A connection of SQLite must not be carried into another process.
        db.engine.dispose()
        context = multiprocessing.get_context("fork")
        crowd = [
            context.Process(target=announce_often, args=(database_url, practices, seed))
            for seed in range(PROCESSES)
        ]
        for process in crowd:
            process.start()
        seen: dict[UUID, list[int]] = {practice: [] for practice in practices}
        alive = True
        while alive:
            # Looked at first, so that there is one more round after the last commit.
            alive = any(process.is_alive() for process in crowd)
            for practice, known in seen.items():
                with reading() as session:
                    following = select(Event.id).where(
                        Event.practice_id == practice, Event.id > (known[-1] if known else 0)
                    )
                    known += session.scalars(following.order_by(Event.id))
        assert [process.exitcode for process in crowd] == [0] * PROCESSES
        for practice, known in seen.items():
            with reading() as session:
                every = select(Event.id).where(Event.practice_id == practice).order_by(Event.id)
                assert known == list(session.scalars(every))
            assert len(known) > PROCESSES * TRANSACTIONS // 2
            assert set(kinds(practice)) == {"run.done"}


def test_events_of_one_transaction_keep_their_order(app: APIFlask, clinic: Clinic):
    """As they were announced."""
    names = [f"run.step_{letter}" for letter in "qwertyuiopasdfghjkl"]

    def work(session: Session) -> None:
        for name in names:
            tell(session, clinic.practice, name)

    with app.app_context():
        transaction(work)
        assert kinds(clinic.practice) == names


def test_what_a_savepoint_takes_back_is_not_told(app: APIFlask, clinic: Clinic):
    """Nor what was announced within a savepoint inside it, released or not."""

    def work(session: Session) -> None:
        tell(session, clinic.practice, "run.before")
        outer = session.begin_nested()
        tell(session, clinic.practice, "run.outer")
        with session.begin_nested():
            tell(session, clinic.practice, "run.inner")
        outer.rollback()
        with session.begin_nested():
            tell(session, clinic.practice, "run.kept")
            inner = session.begin_nested()
            tell(session, clinic.practice, "run.gone")
            inner.rollback()
        tell(session, clinic.practice, "run.after")

    with app.app_context():
        transaction(work)
        assert kinds(clinic.practice) == ["run.before", "run.kept", "run.after"]


def test_what_a_constraint_takes_back_is_not_told(app: APIFlask, clinic: Clinic):
    """The savepoint ends with the statement that failed."""

    def refused(session: Session) -> None:
        with session.begin_nested():
            tell(session, clinic.practice, "run.gone")
            session.add(Practice(name="Bailey", zone="Europe/Amsterdam"))
            session.flush()

    def work(session: Session) -> None:
        with pytest.raises(IntegrityError):
            refused(session)
        tell(session, clinic.practice, "run.kept")

    with app.app_context():
        transaction(work)
        assert kinds(clinic.practice) == ["run.kept"]


def test_a_session_that_goes_back_and_on_tells_what_came_after(app: APIFlask, clinic: Clinic):
    """All of what was announced before is forgotten."""
    with app.app_context():
        engine = db.engine.execution_options(writing=True)
        with Session(engine) as session:
            session.begin()
            tell(session, clinic.practice, "run.gone")
            session.rollback()
            session.begin()
            tell(session, clinic.practice, "run.kept")
            write_events(session)
            session.commit()
        assert kinds(clinic.practice) == ["run.kept"]


def test_a_transaction_that_is_tried_again_tells_once(app: APIFlask, clinic: Clinic):
    """What the attempts before announced is lost with them."""
    attempts = []

    def work(session: Session) -> None:
        tell(session, clinic.practice)
        attempts.append(1)
        if len(attempts) < 3:
            raise OperationalError("", {}, Exception("database is locked"))

    with app.app_context():
        transaction(work)
        assert (len(attempts), kinds(clinic.practice)) == (3, ["run.done"])


def test_a_transaction_that_fails_tells_nothing(app: APIFlask, clinic: Clinic):
    """Neither does one whose commit is refused."""

    def work(session: Session) -> None:
        tell(session, clinic.practice)
        raise ValueError

    with app.app_context():
        with pytest.raises(ValueError):
            transaction(work)
        assert kinds(clinic.practice) == []


def test_nobody_waits_for_rows_with_the_list_locked(app: APIFlask, clinic: Clinic):
    """Changes that are not written yet are written before the list is locked.

    Otherwise two that change one row and both tell of it would wait for each other.
    """
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer")
        tried: list[str] = []
        started = threading.Event()

        def slow(session: Session) -> None:
            tried.append("slow")
            lock(session, VisitType, clinic.visit_type)
            started.set()
            time.sleep(0.3)
            tell(session, clinic.practice)

        def quick(session: Session) -> None:
            tried.append("quick")
            found = session.get_one(VisitType, clinic.visit_type)
            found.minutes = 20
            tell(session, clinic.practice)

        def beside() -> None:
            with app.app_context():
                transaction(slow)

        thread = threading.Thread(target=beside)
        thread.start()
        started.wait(10)
        transaction(quick)
        thread.join()
        assert sorted(tried) == ["quick", "slow"], "one had to be tried again"


@pytest.mark.parametrize("kind", ["done", "run.done\ndata: x", "run.done.again", "Run.done", "."])
def test_a_kind_is_two_words(app: APIFlask, clinic: Clinic, kind: str):
    """Nothing in it could end a line of a stream."""
    with app.app_context(), pytest.raises(ValueError, match="two words"):
        transaction(lambda session: tell(session, clinic.practice, kind))


def test_postgresql_says_which_practice_has_news(app: APIFlask, clinic: Clinic):
    """Once for a transaction, when it is committed."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite says nothing")
        with db.engine.connect() as connection:
            connection.exec_driver_sql("LISTEN bailey_events")
            connection.commit()
            transaction(lambda session: [tell(session, clinic.practice) for _ in range(3)])
            driver = connection.connection.driver_connection
            heard = [one.payload for one in driver.notifies(timeout=2, stop_after=1)]
            assert heard == [str(clinic.practice)]
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(Event)) == 3
            assert session.scalar(select(func.max(Event.at))) < datetime.now(UTC)
