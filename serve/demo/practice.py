"""What a made-up practice is: rooms, visits, providers and when they hold clinic."""

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.orm import Session

from serve.models import AvailabilityRule, Location, Practice, Provider, Resource, VisitType

PROVIDERS = (
    "Dr Ito", "Dr Lindqvist", "Dr Mensah", "Dr Okafor", "Dr Santos", "Dr Verhoeven",
)  # fmt: skip
#: Minutes in the calendar, mean and coefficient of variation of the consultation, no-shows.
VISITS = {
    "return": (10, 12.0, 0.43, 0.05),
    "new": (20, 15.5, 0.45, 0.08),
    "telephone": (10, 9.0, 0.42, 0.03),
    "urgent": (15, 10.5, 0.4, 0.02),
}
#: Type of visit, days, begin and minutes of what every provider holds each week.
BLOCKS = (
    ("return", "MO,TU,WE,TH", time(8, 30), 180),
    ("new", "MO,WE", time(13, 0), 120),
    ("telephone", "FR", time(9, 0), 90),
    ("urgent", "TH", time(13, 0), 120),
)


@dataclass(frozen=True)
class Made:
    """What was made."""

    practice: Practice
    providers: list[Provider]
    visit_types: dict[str, VisitType]


def make_practice(session: Session, name: str, zone: str, first: date) -> Made:
    """Add a practice whose clinics are held from a date on."""
    practice = Practice(name=name, zone=zone)
    session.add(practice)
    session.flush()
    location = Location(practice_id=practice.id, name="Harbour house", address="1 Made-up Street")
    session.add(location)
    session.flush()
    own = {"practice_id": practice.id}
    rooms = [
        Resource(**own, location_id=location.id, kind="room", name=f"Room {number}")
        for number in range(1, len(PROVIDERS) + 1)
    ]
    scanner = Resource(
        **own, location_id=location.id, kind="equipment", name="Ultrasound scanner", pieces=2
    )
    providers = [Provider(**own, name=one) for one in PROVIDERS]
    visit_types = {
        visit: VisitType(
            **own,
            name=visit,
            minutes=minutes,
            interval_minutes=5,
            service_time={"law": "gamma", "mean": mean, "cv": cv},
            no_show=no_show,
        )
        for visit, (minutes, mean, cv, no_show) in VISITS.items()
    }
    session.add_all([*rooms, scanner, *providers, *visit_types.values()])
    session.flush()
    session.add_all(
        AvailabilityRule(
            provider_id=provider.id,
            visit_type_id=visit_types[visit].id,
            location_id=location.id,
            room_id=room.id,
            first_date=first,
            starts=starts,
            minutes=minutes,
            recurrence=f"FREQ=WEEKLY;BYDAY={days}",
        )
        for provider, room in zip(providers, rooms, strict=True)
        for visit, days, starts, minutes in BLOCKS
    )
    session.flush()
    return Made(practice, providers, visit_types)
