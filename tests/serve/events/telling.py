"""Events of each kind and owner, and who may be told of them by the policy's own words."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from serve.database import transaction
from serve.events.announce import announce
from tests.serve.conftest import NOW, Clinic
from tests.serve.things import Things

#: Whose an event is.
OWNERS = ("own", "another's", "elsewhere")
#: What each kind of event is about, and all of its details.
KINDS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "appointment.booked": ("appointment", {"seat_id": "s", "status": "booked"}),
    "appointment.expected": ("appointment", {"expected_at": "e", "secret_number": 3}),
    "waitlist.offered": ("appointment", {"seat_id": "s"}),
    "waitlist.ended": (None, {"visit_type_id": "v"}),
    "clinic_day.changed": ("clinic_day", {"day": "d", "provider_id": "p"}),
    "run.done": (None, {}),
    "import.done": (None, {"table": "patients", "added": 3}),
    "something.else": (None, {"number": 1}),
}
#: For each role, whose events of which kinds it is told, with which details: written down here
#: by hand, for the table in `serve.events.visible` to be compared with.
EXPECTED: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "patient": {
        "appointment.booked": (("own",), ("seat_id", "status")),
        "appointment.expected": (("own",), ("expected_at",)),
        "waitlist.offered": (("own",), ("seat_id",)),
    },
    "provider": {
        "appointment.booked": (("own",), ("seat_id", "status")),
        "appointment.expected": (("own",), ("expected_at", "secret_number")),
        "waitlist.offered": (("own",), ("seat_id",)),
        "clinic_day.changed": (("own",), ("day", "provider_id")),
    },
    "analyst": {"run.done": (("own", "another's"), ())},
    "front_desk": {
        kind: (("own", "another's"), tuple(sorted(details))) for kind, (_, details) in KINDS.items()
    },
}
EXPECTED["administrator"] = EXPECTED["front_desk"]


def expected(role: str, kind: str, owner: str) -> set[str] | None:
    """Return the details that a role is told of an event; None for nothing at all."""
    owners, details = EXPECTED.get(role, {}).get(kind, ((), ()))
    return set(details) if owner in owners else None


def tell_all(session: Session, things: Things, now: datetime = NOW) -> dict[str, str]:
    """Announce an event of each kind about somebody's things; return kinds by subject."""
    subjects = {}
    for kind, (about, details) in KINDS.items():
        subject = uuid4()
        row = None if about is None else getattr(things, about)
        announce(session, things.practice_id, kind, subject, now, details, about=row)
        subjects[str(subject)] = kind
    return subjects


def tell(clinic: Clinic, count: int = 1, now: datetime = NOW) -> None:
    """Announce so many events of a practice, each in a transaction of its own."""
    for _ in range(count):
        transaction(lambda session: announce(session, clinic.practice, "run.done", uuid4(), now))


def tell_at_once(clinic: Clinic, count: int) -> None:
    """Announce so many events of a practice in one transaction."""

    def work(session: Session) -> None:
        for _ in range(count):
            announce(session, clinic.practice, "run.done", uuid4(), NOW)

    transaction(work)
