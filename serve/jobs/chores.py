"""What the service does by itself; each of these may be done twice without harm."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.booking.expiry import expire_holds
from serve.booking.offering import offer_freed_seats
from serve.booking.waiting_list import end_entries, expire_offers
from serve.clock import wall_clock
from serve.database import lock, reading, transaction
from serve.errors import Conflict
from serve.events.retention import forget_events
from serve.jobs.forecast_models import QUANTITIES, checked_models, drift_watch
from serve.jobs.last_forecasts import model_in_use
from serve.jobs.submission import submit
from serve.models import Appointment, HistoryRow, Practice, Run
from serve.notify.by_file import forget_files
from serve.notify.sending import folder_of
from serve.privacy.retention import MOST, keep_no_longer
from serve.settings import Settings
from serve.webhooks.history import forget_deliveries

logger = logging.getLogger(__name__)

#: Hours of a practice's night in which its models learn anew.
NIGHT = (2, 3, 4, 5)
#: Within this time models learn once.
ONCE = timedelta(hours=20)
#: Visits without which nothing is learned.
FEWEST_VISITS = 500
#: Transactions in a row, at most, by which one chore makes up for a long time.
ROUNDS = 50


def end_what_ran_out(now: datetime) -> dict[str, int]:
    """End holds, offers and waits whose time is over, and offer seats; return how many of each."""
    done = {}
    for name, chore in (
        ("holds", expire_holds),
        ("offers", expire_offers),
        ("waiting", end_entries),
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
    """Erase what is not kept any longer, events included; return of how many patients."""
    erased = 0
    for _ in range(ROUNDS):
        part = transaction(lambda session: keep_no_longer(session, now))["patients"]
        erased += part
        if part < MOST:
            break
    settings: Settings = current_app.config["SETTINGS"]
    forget_events(now, timedelta(days=int(settings.events_days)))
    transaction(lambda session: forget_deliveries(session, now))
    with reading() as session:
        forget_files(session, folder_of(settings))
    return erased


def refit(now: datetime) -> int:
    """Submit trainings for the practices in which it is night; return how many.

    Each is followed by the gate, so that a better model is in use in the morning. What keeps one
    practice from it keeps no other.
    """
    with reading() as session:
        practices = session.execute(select(Practice.id, Practice.zone).order_by(Practice.id)).all()
    submitted = 0
    for practice_id, zone in practices:
        if wall_clock(now, zone).hour in NIGHT:
            try:
                submitted += transaction(
                    lambda session, practice_id=practice_id: _refit(session, practice_id, now)  # type: ignore[misc]
                )
            except Conflict as refused:
                logger.warning("a practice's models do not learn tonight: %s", refused.reason)
    return submitted


def _refit(session: Session, practice_id: UUID, now: datetime) -> int:
    if not _has_visits(session, practice_id):
        return 0
    # So that of two workers one does it.
    lock(session, Practice, practice_id)
    if _refitted(session, practice_id, now):
        return 0
    requests = [nightly(quantity) for quantity in QUANTITIES]
    # Before anything else comes into use: whether what is in use was right.
    in_use = [one for one in QUANTITIES if model_in_use(session, practice_id, one) is not None]
    requests = [*(drift_watch(one, 28) for one in in_use), *requests]
    for request in requests:
        submit(session, practice_id, None, "forecast", request)
    return len(requests)


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
