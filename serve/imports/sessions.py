"""Published sessions in which imported appointments take their seats."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.imports.writing import together
from serve.models import Appointment, ClinicDay, Seat
from serve.models.appointment import HOLDING


@dataclass(frozen=True)
class Taken:
    """A seat that was taken, and when its appointment ends."""

    id: UUID
    ends_at: datetime


def clinic_day_at(days: Iterable[ClinicDay], moment: datetime) -> ClinicDay | None:
    """Return the session that is on at a moment; None if there is none."""
    return next((day for day in days if day.starts_at <= moment < day.ends_at), None)


class Seats:
    """Seats of some sessions: free ones are taken first, then extra ones are made.

    Attributes
    ----------
    made
        Extra seats to add.
    """

    def __init__(self, session: Session, clinic_day_ids: Collection[UUID]) -> None:
        self.made: list[dict[str, Any]] = []
        self._free: dict[tuple[UUID, datetime], list[Seat]] = defaultdict(list)
        self._next: dict[tuple[UUID, int], int] = defaultdict(int)
        for part in together(sorted(clinic_day_ids)):
            held = select(Appointment.seat_id).where(
                Appointment.seat_id == Seat.id, Appointment.status.in_(HOLDING)
            )
            query = select(Seat, held.exists()).where(Seat.clinic_day_id.in_(part))
            for seat, taken in session.execute(query.order_by(Seat.interval, Seat.number)):
                place = seat.clinic_day_id, seat.interval
                self._next[place] = max(self._next[place], seat.number + 1)
                if not taken and not seat.withdrawn:
                    self._free[seat.clinic_day_id, seat.starts_at].append(seat)

    def take(self, day: ClinicDay, starts: datetime, minutes: int, reason: str) -> Taken:
        """Return a seat of a session at a time."""
        free = self._free[day.id, starts]
        if free:
            seat = free.pop(0)
            return Taken(seat.id, seat.ends_at)
        interval = int((starts - day.starts_at) / timedelta(minutes=day.interval_minutes))
        number = self._next[day.id, interval]
        self._next[day.id, interval] = number + 1
        ends = starts + timedelta(minutes=minutes)
        identifier = uuid4()
        self.made.append(
            {
                "id": identifier,
                "clinic_day_id": day.id,
                "interval": interval,
                "number": number,
                "starts_at": starts,
                "ends_at": ends,
                "extra": True,
                "reason": reason,
                "withdrawn": False,
                "version": 1,
            }
        )
        return Taken(identifier, ends)
