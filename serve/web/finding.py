"""Free times as somebody looks for them: by day, the first on top, with filters that are links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent
from serve.api.patients import Weekday
from serve.api.seats import SearchIn, get_seats
from serve.models import VisitType
from serve.web.texts import marked
from serve.web.times import clock, on_wall

#: Days that one page looks through, and times of one date that it shows.
DAYS, PER_DAY = 14, 10
#: Parts of the day, as the search has them.
PARTS: Mapping[str, str] = {"morning": "00:00-12:00", "afternoon": "12:00-23:59"}
WEEKDAYS: Mapping[str, str] = {
    "monday": marked("Mon"),
    "tuesday": marked("Tue"),
    "wednesday": marked("Wed"),
    "thursday": marked("Thu"),
    "friday": marked("Fri"),
    "saturday": marked("Sat"),
    "sunday": marked("Sun"),
}


class Wishes(Sent):
    """What somebody looks for; what is not said does not matter."""

    visit_type_id: Identifier | None = None
    provider_id: Identifier | None = None
    part: Literal["morning", "afternoon"] | None = None
    weekdays: list[Weekday] = Field(default_factory=list)
    order: Literal["earliest", "recommended"] = "earliest"
    first: Day | None = None
    appointment_id: Identifier | None = None

    def with_(self, **changes: Any) -> dict[str, Any]:
        """Return the address's query with some wishes changed; None takes one away."""
        plain = self.model_dump(mode="json", exclude_defaults=True) | changes
        return {name: value for name, value in plain.items() if value not in (None, [], "")}

    def toggled(self, weekday: str) -> list[str]:
        """Return the days of the week with one more, or without it."""
        others: list[str] = [one for one in self.weekdays if one != weekday]
        return others if weekday in self.weekdays else [*others, weekday]


class Chosen(Sent):
    """The time that was chosen."""

    seat_id: Identifier


@dataclass(frozen=True)
class Found:
    """Free times of some days.

    Attributes
    ----------
    first, last
        The dates that were looked through.
    days
        Of each date with free times, those in their order.
    seats
        All of them in the order that was asked for; each as the API tells it.
    """

    first: date
    last: date
    days: list[tuple[date, list[dict[str, Any]]]]
    seats: list[dict[str, Any]]

    def nearest(self, moment: datetime, number: int = 3) -> list[dict[str, Any]]:
        """Return the times that are nearest to one that somebody else has now."""
        return sorted(self.seats, key=lambda one: abs(one["starts_at"] - moment))[:number]

    @property
    def after(self) -> str:
        """The first date that was not looked at."""
        return (self.last + timedelta(days=1)).isoformat()

    @property
    def hours(self) -> list[int]:
        """The hours of the day in which there are free times."""
        return sorted({hour_of(one["starts_at"]) for one in self.seats})

    def in_hour(self, seats: Sequence[dict[str, Any]], hour: int) -> list[dict[str, Any]]:
        """Return the times of a date within an hour of the day."""
        return [one for one in seats if hour_of(one["starts_at"]) == hour]


def hour_of(moment: datetime) -> int:
    """Return the hour of a moment by the practice's clock."""
    return int(clock(moment)[:2])


def find_times(call: Call, wishes: Wishes, visit_type: VisitType, patient_id: UUID | None) -> Found:
    """Return the free times that a patient can take, of two weeks."""
    today = on_wall(call.now)
    first = max(wishes.first or today, today)
    last = first + timedelta(days=DAYS - 1)
    asked = SearchIn(
        visit_type_id=visit_type.id,
        first=first,
        last=last,
        provider_id=wishes.provider_id,
        patient_id=patient_id,
        appointment_id=wishes.appointment_id,
        # Nothing but what is asked for here, and no preference that is kept.
        providers="",
        weekdays=",".join(wishes.weekdays),
        times=PARTS[wishes.part] if wishes.part else "",
        only=True,
        order=wishes.order,
        limit=200,
        per_day=PER_DAY if wishes.order == "earliest" else None,
    )
    seats = get_seats(call.to("seat.search"), asked)["items"]
    in_time = sorted(seats, key=lambda one: one["starts_at"])
    days = [
        (day, list(times)) for day, times in groupby(in_time, lambda one: on_wall(one["starts_at"]))
    ]
    return Found(first, last, days, seats)
