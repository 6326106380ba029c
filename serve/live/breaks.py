"""Breaks of a provider on a day that runs: from now on until some minutes later."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from serve.errors import Conflict
from serve.events.announce import announce
from serve.models import ClinicDay

#: How long before its start a provider can be known to be late for a session.
BEFORE = timedelta(hours=12)


def begin_break(session: Session, day: ClinicDay, minutes: int, now: datetime) -> ClinicDay:
    """Let the provider of a day, which is locked, begin no consultation for some minutes.

    The consultation that runs goes on. A break that is taken is replaced.

    Raises
    ------
    Conflict
        If the session is over or far ahead.
    """
    if not day.starts_at - BEFORE <= now < day.ends_at + BEFORE:
        raise Conflict("The session is not held now.", "not_now")
    day.away_until = now + timedelta(minutes=minutes)
    _tell(session, day, "break_began", now)
    return day


def end_break(session: Session, day: ClinicDay, now: datetime) -> ClinicDay:
    """Let the provider of a day, which is locked, begin consultations again.

    Raises
    ------
    Conflict
        If there is no break, or it is over.
    """
    if day.away_until is None or day.away_until <= now:
        raise Conflict("The provider has no break now.", "no_break")
    day.away_until = None
    _tell(session, day, "break_ended", now)
    return day


def _tell(session: Session, day: ClinicDay, what: str, now: datetime) -> None:
    session.flush()
    until = None if day.away_until is None else day.away_until.isoformat()
    details = {"away_until": until}
    announce(session, day.practice_id, f"clinic_day.{what}", day.id, now, details, about=day)
