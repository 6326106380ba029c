"""An allocation comes true: requests are booked, and those who wait are offered their seats."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serve.booking.changing import move
from serve.booking.offering import offer_seat
from serve.booking.who import Who
from serve.database import conflict_of, lock
from serve.errors import Conflict, Refused
from serve.models import Appointment, Practice, Run, Seat, VisitType, WaitlistEntry

REASON = "allocation"


def apply(session: Session, run: Run, now: datetime, who: Who) -> list[dict[str, Any]]:
    """Book or offer the seats that an allocation gave, each by itself; return what came of each.

    What was booked or withdrawn since the allocation is refused with its reason, and stays open for
    the next one.

    Raises
    ------
    Conflict
        If the run is no allocation that is done.
    """
    if run.kind != "allocation" or run.state != "done" or run.result is None:
        raise Conflict("Only an allocation that is done can be applied.", "no_allocation")
    return [_applied(session, one, now, who) for one in run.result["assignments"]]


def _applied(session: Session, given: dict[str, Any], now: datetime, who: Who) -> dict[str, Any]:
    identifier, seat_id = UUID(given["request_id"]), UUID(given["seat_id"])
    told = {name: given[name] for name in ("kind", "request_id", "seat_id")}
    try:
        with session.begin_nested():
            if given["kind"] == "appointment":
                _book(session, identifier, seat_id, now, who)
                return {**told, "outcome": "booked", "reason": None}
            _offer(session, identifier, seat_id, now)
            return {**told, "outcome": "offered", "reason": None}
    except IntegrityError as error:
        return {**told, "outcome": "refused", "reason": conflict_of(error).reason}
    except Conflict as error:
        return {**told, "outcome": "refused", "reason": error.reason}
    except Refused:
        return {**told, "outcome": "refused", "reason": "not_there"}


def _book(session: Session, identifier: UUID, seat_id: UUID, now: datetime, who: Who) -> None:
    appointment = lock(session, Appointment, identifier)
    if appointment is None or appointment.status != "requested":
        raise Conflict("The request is not open any more.", "not_open")
    move(session, appointment, seat_id, now, who, REASON)


def _offer(session: Session, identifier: UUID, seat_id: UUID, now: datetime) -> None:
    entry, seat = lock(session, WaitlistEntry, identifier), session.get(Seat, seat_id)
    if entry is None or seat is None or entry.status != "waiting":
        raise Conflict("The patient does not wait any more.", "not_open")
    practice = session.get_one(Practice, entry.practice_id)
    visit_type = session.get_one(VisitType, entry.visit_type_id)
    ends_at = min(
        now + timedelta(minutes=practice.offer_minutes),
        seat.starts_at - timedelta(minutes=visit_type.book_notice_minutes),
    )
    if ends_at <= now:
        raise Conflict("It is too late to offer the seat.", "notice")
    if not offer_seat(session, entry, seat_id, ends_at, now):
        raise Conflict("The seat is not free any more.", "seat_taken")
