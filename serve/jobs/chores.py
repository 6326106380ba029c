"""What the service does by itself; each of these may be done twice without harm."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.booking.expiry import expire_holds
from serve.booking.offering import offer_freed_seats
from serve.booking.waiting_list import expire_offers
from serve.clock import wall_clock
from serve.database import lock, transaction
from serve.jobs.forecast_models import QUANTITIES, checked_models
from serve.jobs.submission import submit
from serve.models import Appointment, HistoryRow, Practice, Run
from serve.privacy.retention import MOST, keep_no_longer

#: Hours of a practice's night in which its models learn anew.
NIGHT = (2, 3, 4, 5)
#: Within this time models learn once.
ONCE = timedelta(hours=20)
#: Visits without which nothing is learned.
FEWEST_VISITS = 500
#: Transactions in a row, at most, by which one chore makes up for a long time.
ROUNDS = 50


def end_what_ran_out(now: datetime) -> dict[str, int]:
    """End holds and offers whose time is over, and offer the seats; return how many of each."""
    done = {}
    for name, chore in (
        ("holds", expire_holds),
        ("offers", expire_offers),
        ("offered", offer_freed_seats),
    ):
        done[name] = 0
        for _ in range(ROUNDS):
            # A bounded part at a time, so that nobody waits long for the rows.
            part = transaction(lambda session, chore=chore: chore(session, now))  # type: ignore[misc]
            done[name] += part
            if not part:
                break
    return done


def forget(now: datetime) -> int:
    """Erase what is not kept any longer; return of how many patients."""
    erased = 0
    for _ in range(ROUNDS):
        part = transaction(lambda session: keep_no_longer(session, now))["patients"]
        erased += part
        if part < MOST:
            break
    return erased


def refit(session: Session, now: datetime) -> int:
    """Submit trainings for the practices in which it is night; return how many.

    Each is followed by the gate, so that a better model is in use in the morning.
    """
    submitted = 0
    for practice in session.scalars(select(Practice).order_by(Practice.id)).all():
        night = wall_clock(now, practice.zone).hour in NIGHT
        if night and _has_visits(session, practice.id):
            # So that of two workers one does it.
            lock(session, Practice, practice.id)
            if not _refitted(session, practice.id, now):
                for quantity in QUANTITIES:
                    submit(session, practice.id, None, "forecast", nightly(quantity))
                    submitted += 1
    return submitted


def nightly(quantity: str) -> dict[str, object]:
    """Return the request of a training of the night."""
    return {
        "task": "train",
        "quantity": quantity,
        "models": checked_models(quantity, None),
        "held_out_days": 28,
        "seed": 0,
        "promote": True,
    }


def _has_visits(session: Session, practice_id: UUID) -> bool:
    own = select(func.count()).where(
        Appointment.practice_id == practice_id, Appointment.status.in_(("completed", "no_show"))
    )
    before = select(func.count()).where(
        HistoryRow.practice_id == practice_id, HistoryRow.table == "visits"
    )
    return (session.scalar(own) or 0) + (session.scalar(before) or 0) >= FEWEST_VISITS


def _refitted(session: Session, practice_id: UUID, now: datetime) -> bool:
    lately = (
        select(Run.id)
        .where(
            Run.practice_id == practice_id,
            Run.kind == "forecast",
            Run.user_id.is_(None),
            Run.created_at > now - ONCE,
        )
        .limit(1)
    )
    return session.scalar(lately) is not None
