"""The demo practice in the middle of a morning, with something to show on every page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from apiflask import APIFlask
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve import create_app
from serve.booking.changing import cancel
from serve.booking.offering import offer_freed_seats
from serve.booking.waiting_list import join
from serve.booking.who import THE_SERVICE
from serve.database import db, reading, transaction
from serve.demo.clock import DemoClock
from serve.demo.make import make_demo
from serve.demo.today import half_a_day
from serve.jobs.worker import Worker
from serve.live.watching import Watching
from serve.migrations import migrate
from serve.models import Appointment, Patient, Practice, User, VisitType
from serve.settings import Settings
from tests.browser.website import NAME, NOW, Website, in_thread, opened_with
from tests.serve.browser import PASSWORD, give_password
from tests.serve.conftest import KEY, Client, HandClock, token_for

#: A morning of a provider: small enough to be searched in a second.
MORNING = {
    "session": {
        "patients": 14,
        "intervals": 36,
        "interval_length": 5,
        "service_time": {"law": "gamma", "mean": 12.0, "cv": 0.43},
        "no_show": 0.05,
    },
    "weights": {"waiting": 1, "idle": 0.5, "tardiness": 1},
    "stopping": {"seconds": 10},
}


def make_full_file(folder: Path) -> Path:
    """Make a database with the practice, whose users all have one password."""
    return in_thread(lambda: _make(folder))


@contextmanager
def opened_full(folder: Path, full: Path, demo: bool = True) -> Iterator[Website]:
    """Serve a copy of the practice.

    Parameters
    ----------
    demo
        Whether its time is simulated, with the buttons of the demo on every page; it stands still
        either way.
    """
    settings = settings_of(folder, "true" if demo else "false")
    with opened_with(settings, full, begin_time if demo else None) as website:
        yield website


def settings_of(folder: Path, demo: str = "false") -> Settings:
    """Return the settings of a service of its own, with or without simulated time."""
    url = f"sqlite:///{folder / 'bailey.db'}"
    return Settings(
        home=str(folder), database_url=url, secret_key=KEY, rate_limit="", demo=demo
    )  # fmt: skip


def begin_time(settings: Settings) -> None:
    """Let simulated time begin, by a machine's clock that stands still."""
    machine = HandClock()
    machine.moment = NOW
    with create_app(settings).app_context():
        with reading() as session:
            practice_id = session.scalars(select(Practice.id)).one()
        DemoClock(Path(settings.home), machine).begin(practice_id, 0, NOW, NOW.date())
        db.engine.dispose()


def _make(folder: Path) -> Path:
    clock = HandClock()
    clock.moment = NOW
    app = create_app(settings_of(folder), clock)
    with app.app_context():
        migrate(db.engine)
        transaction(lambda session: make_demo(session, NAME, "Europe/Amsterdam", 0, NOW))
        transaction(half_a_day_happens)
        transaction(offer_a_seat)
        _work(app)
        with reading() as session:
            users = session.scalars(select(User.id)).all()
        for user in users:
            give_password(user, PASSWORD)
        Watching(app).look()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return folder / "bailey.db"


def half_a_day_happens(session: Session) -> None:
    """Let the morning come as far as it is, and the patient with an account have a visit."""
    half_a_day(session, session.scalars(select(Practice)).one(), 0, NOW)


def offer_a_seat(session: Session) -> None:
    """Let the patient who has an account wait, and be offered a seat that somebody leaves."""
    patient = session.scalars(select(Patient).where(Patient.user_id.is_not(None))).one()
    visit_type = session.scalars(select(VisitType).where(VisitType.name == "return")).one()
    today = NOW.date()
    join(session, patient.id, visit_type.id, today, today + timedelta(days=14), NOW, urgency=9.0)
    left = session.scalars(
        select(Appointment)
        .where(
            Appointment.status == "booked",
            Appointment.visit_type_id == visit_type.id,
            Appointment.starts_at > NOW + timedelta(days=1),
            Appointment.patient_id != patient.id,
        )
        .order_by(Appointment.starts_at)
    ).first()
    assert left is not None
    cancel(session, left, NOW, THE_SERVICE, by_patient=True)
    offer_freed_seats(session, NOW)
    # Some to whom nothing is offered yet.
    others = session.scalars(
        select(Patient.id).where(Patient.user_id.is_(None)).order_by(Patient.email).limit(3)
    )
    for other in others:
        join(session, other, visit_type.id, today, today + timedelta(days=7), NOW)


def _work(app: APIFlask) -> None:
    """Let searches, an allocation and models come to their end, and keep a schedule as template."""
    with reading() as session:
        administrator = session.scalars(
            select(User.id).where(User.email.startswith("administrator"))
        ).one()
        visit_type: UUID = session.scalars(
            select(VisitType.id).where(VisitType.name == "return")
        ).one()
    client = Client(app, token_for(administrator, now=NOW))
    search = client.post("/runs/optimisation", MORNING)
    small = {"method": "nsga2", "population": 40, "generations": 20}
    client.post("/runs/frontier", MORNING | {"parameters": small})
    window = {"first": "2026-03-05", "last": "2026-03-13", "seconds": 10}
    client.post("/runs/allocation", window)
    for quantity in ("no_show", "consultation", "demand"):
        client.post("/runs/forecast", {"quantity": quantity, "promote": True})
    Worker(app).work()
    client.post(
        f"/runs/{search['id']}/template", {"name": "Morning", "visit_type_id": str(visit_type)}
    )
