"""Free times as somebody looks for them: by day, the first on top, with filters that are links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent
from serve.api.patients import Weekday
from serve.api.seats import SearchIn, get_seats
from serve.models import Preference, Seat, VisitType
from serve.web.texts import marked
from serve.web.times import clock, on_wall

#: Days that one page looks through, and times of one date that it shows.
DAYS, PER_DAY = 14, 10
#: How long before a time that is taken others are looked for, and how many of them are shown.
NEAR, OTHERS = timedelta(days=3), 3
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
    suits
        The first that meets all that the patient always prefers; None if none does, if the patient
        prefers nothing, or asks for something else now.
    """

    first: date
    last: date
    days: list[tuple[date, list[dict[str, Any]]]]
    seats: list[dict[str, Any]]
    suits: dict[str, Any] | None = None

    @property
    def first_choice(self) -> dict[str, Any]:
        """The time to offer first."""
        return self.suits or self.seats[0]

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
        # Nothing but what is asked for here: all times are shown, whatever is preferred.
        providers="",
        weekdays=",".join(wishes.weekdays),
        times=PARTS[wishes.part] if wishes.part else "",
        only=True,
        order=wishes.order,
        limit=200,
        per_day=PER_DAY if wishes.order == "earliest" else None,
    )
    to = call.to("seat.search")
    seats = get_seats(to, asked)["items"]
    in_time = sorted(seats, key=lambda one: one["starts_at"])
    days = [
        (day, list(times)) for day, times in groupby(in_time, lambda one: on_wall(one["starts_at"]))
    ]
    return Found(first, last, days, seats, _suiting(to, wishes, asked, seats))


def nearest_others(
    call: Call, wishes: Wishes, visit_type: VisitType, patient_id: UUID | None, taken: Seat
) -> list[dict[str, Any]]:
    """Return the free times nearest to one that somebody else has now.

    They meet what is looked for; where none does, they are whichever there are.
    """
    first = on_wall(taken.starts_at) - NEAR
    near = wishes.model_copy(update={"first": first, "order": "earliest"})
    any_time = Wishes(first=first, appointment_id=wishes.appointment_id)
    for one in (near, any_time):
        seats = find_times(call, one, visit_type, patient_id).seats
        if seats:
            return sorted(seats, key=lambda seat: abs(seat["starts_at"] - taken.starts_at))[:OTHERS]
    return []


def _suiting(
    call: Call, wishes: Wishes, asked: SearchIn, seats: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return the first time that meets what the patient always prefers, if that is what counts."""
    if asked.patient_id is None or not seats or wishes.part or wishes.weekdays:
        return None
    kept = call.session.scalar(select(Preference).where(Preference.patient_id == asked.patient_id))
    if kept is None or not (kept.providers or kept.weekdays or kept.times):
        return None
    always = {"providers": None, "weekdays": None, "times": None, "limit": 1, "per_day": None}
    found = get_seats(call, asked.model_copy(update=always))["items"]
    return found[0] if found else None
