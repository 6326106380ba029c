"""Who may do what to which thing: one table, and the one function that reads it.

An action is named ``thing.what``. For each role the table says how far the action reaches: to the
things that are one's own, or to all of one's practice. What belongs to whom is said once for each
kind of thing. Whoever may not see a thing is told that there is none.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import object_session

from serve.auth.actor import Actor
from serve.errors import Forbidden, SignInNeeded
from serve.models import (
    ApiToken,
    Appointment,
    AvailabilityException,
    AvailabilityRule,
    Base,
    CalendarFeed,
    ClinicDay,
    Event,
    Offer,
    OutboxMessage,
    Patient,
    Practice,
    Preference,
    Provider,
    Run,
    Seat,
    User,
    WaitlistEntry,
)

Reach = Literal["own", "practice"]

_EVERYBODY: dict[str, Reach] = {
    "patient": "practice",
    "provider": "practice",
    "front_desk": "practice",
    "administrator": "practice",
    "analyst": "practice",
}
_ADMINISTRATOR: dict[str, Reach] = {"administrator": "practice"}
_STAFF: dict[str, Reach] = {
    "provider": "practice",
    "front_desk": "practice",
    "administrator": "practice",
}
_CARE: dict[str, Reach] = {
    "patient": "own",
    "front_desk": "practice",
    "administrator": "practice",
}
_DESK: dict[str, Reach] = {
    "provider": "own",
    "front_desk": "practice",
    "administrator": "practice",
}
_RESEARCH: dict[str, Reach] = {"analyst": "practice", "administrator": "practice"}
_PATIENT: dict[str, Reach] = {"patient": "own"}
_PATIENT_AND_DESK: dict[str, Reach] = _PATIENT | _DESK
_FEEDS: dict[str, Reach] = {"patient": "own", "provider": "own"}
_ONESELF: dict[str, Reach] = {role: "own" for role in _EVERYBODY}
#: Of no role: the secret in a link is the right, and the route says what it opens.
_LINK: dict[str, Reach] = {}

#: How far each action reaches for each role; a role that is not named may not do it.
POLICY: Mapping[str, Mapping[str, Reach]] = {
    # What a practice is.
    "practice.read": _EVERYBODY,
    "practice.change": _ADMINISTRATOR,
    "practice.metrics": {
        "provider": "practice",
        "administrator": "practice",
        "analyst": "practice",
    },
    "location.read": _EVERYBODY,
    "location.change": _ADMINISTRATOR,
    "resource.read": _STAFF | _RESEARCH,
    "resource.change": _ADMINISTRATOR,
    "provider.read": _EVERYBODY,
    "provider.change": _ADMINISTRATOR,
    "visit_type.read": _EVERYBODY,
    "visit_type.change": _ADMINISTRATOR,
    # When clinic is held.
    "availability.read": _DESK,
    "availability.change": {"provider": "own", "administrator": "practice"},
    "template.read": _STAFF | _RESEARCH,
    "template.change": _ADMINISTRATOR,
    "template.publish": _ADMINISTRATOR,
    "clinic_day.read": _DESK,
    "clinic_day.change": _ADMINISTRATOR,
    # Booking.
    "seat.search": _STAFF | {"patient": "practice"},
    "seat.add": _DESK,
    "appointment.read": _PATIENT_AND_DESK,
    "appointment.book": _PATIENT_AND_DESK,
    "appointment.request": _CARE,
    "appointment.change": _PATIENT_AND_DESK,
    "appointment.attend": _DESK,
    "appointment.undo": _DESK,
    "walk_in.register": _DESK,
    "calendar_feed.read": _FEEDS,
    "calendar_feed.change": _FEEDS,
    "calendar_feed.follow": _LINK,
    "waitlist.read": _CARE,
    "waitlist.change": _CARE,
    # What happens; of which kinds of events each role is told, `serve.events.visible` says.
    "event.read": _PATIENT_AND_DESK | {"analyst": "practice"},
    # The day itself, as it runs.
    "live.read": _DESK,
    "live.expected": _PATIENT_AND_DESK,
    "live.plan": _DESK,
    "live.break": _DESK,
    # People.
    "patient.read": _CARE | {"provider": "practice"},
    "patient.create": {"front_desk": "practice", "administrator": "practice"},
    "patient.change": _CARE,
    "patient.carers": {"front_desk": "practice", "administrator": "practice"},
    "patient.export": {"patient": "own", "administrator": "practice"},
    "patient.erase": {"patient": "own", "administrator": "practice"},
    "user.read": _ADMINISTRATOR,
    "user.change": _ADMINISTRATOR,
    "token.read": _ONESELF,
    "token.change": _ONESELF,
    "account.read": _ONESELF,
    "account.change": _ONESELF,
    "audit.read": _ADMINISTRATOR,
    "webhook.read": _ADMINISTRATOR,
    "webhook.change": _ADMINISTRATOR,
    "message.read": {"front_desk": "practice", "administrator": "practice"},
    "message.change": {"front_desk": "practice", "administrator": "practice"},
    "message.stop": _LINK,
    # Work and data.
    "schedule.price": _RESEARCH | {"provider": "practice"},
    "run.read": _RESEARCH,
    "run.submit": _RESEARCH,
    "run.cancel": {"analyst": "own", "administrator": "practice"},
    "forecast.promote": _RESEARCH,
    "allocation.apply": {"front_desk": "practice", "administrator": "practice"},
    "history.export": _RESEARCH,
    "import.read": _ADMINISTRATOR,
    "import.change": _ADMINISTRATOR,
}


#: What nobody does for a patient who is cared for: it cannot be taken back.
ONLY_ONESELF = ("patient.erase",)


def reach(actor: Actor, action: str) -> Reach | None:
    """Return how far an action reaches for somebody; None if it is not theirs at all."""
    if actor.system:
        return "practice"
    if actor.by == "link":
        return "own" if POLICY[action] is _LINK else None
    if actor.scopes is not None and action not in actor.scopes:
        return None
    found = {POLICY[action].get(role) for role in actor.roles}
    if "practice" in found:
        return "practice"
    return "own" if "own" in found else None


def require(actor: Actor, action: str) -> Reach:
    """Return how far an action reaches; raise `SignInNeeded` or `Forbidden` if it does not."""
    if actor.by == "nobody":
        raise SignInNeeded
    found = reach(actor, action)
    if found is None:
        raise Forbidden
    return found


def may(actor: Actor, action: str, thing: Base) -> bool:
    """Return whether somebody may do something to a thing."""
    if actor.system:
        return True
    far = reach(actor, action)
    if far is None or practice_of(thing) != actor.practice_id:
        return False
    return far == "practice" or owns(actor, action, thing)


def owns(actor: Actor, action: str, thing: Base) -> bool:
    """Return whether a thing is somebody's own, in a role to which the action gives that reach.

    Who is a patient and a provider, say, is a patient only at another provider's session.
    """
    own = {role for role, far in POLICY[action].items() if far == "own"} & actor.roles
    if action in ONLY_ONESELF:
        return isinstance(thing, Patient) and bool(own) and thing.user_id == actor.user_id
    return bool(
        ("patient" in own and patient_of(thing) in actor.patient_ids)
        or ("provider" in own and actor.provider_id and provider_of(thing) == actor.provider_id)
        or (own and actor.user_id is not None and user_of(thing) == actor.user_id)
    )


def patient_of(thing: Base) -> UUID | None:
    """Return whose data a thing is; None for nobody's."""
    if isinstance(thing, Patient):
        return thing.id
    if isinstance(thing, (Appointment, WaitlistEntry, Preference, Event)):
        return thing.patient_id
    if isinstance(thing, Offer):
        return thing.entry.patient_id
    if isinstance(thing, OutboxMessage) and thing.appointment_id is not None:
        session = object_session(thing)
        visit = None if session is None else session.get(Appointment, thing.appointment_id)
        return None if visit is None else visit.patient_id
    return None


def provider_of(thing: Base) -> UUID | None:
    """Return the provider that a thing belongs to; None for nobody."""
    if isinstance(thing, Provider):
        return thing.id
    if isinstance(thing, (ClinicDay, AvailabilityRule, AvailabilityException, Event)):
        return thing.provider_id
    if isinstance(thing, Seat):
        return thing.clinic_day.provider_id
    if isinstance(thing, Appointment) and thing.seat is not None:
        return thing.seat.clinic_day.provider_id
    return None


def user_of(thing: Base) -> UUID | None:
    """Return the user that a thing belongs to; None for nobody."""
    if isinstance(thing, User):
        return thing.id
    if isinstance(thing, (ApiToken, CalendarFeed, Run)):
        return thing.user_id
    return None


def practice_of(thing: Base) -> UUID | None:
    """Return the practice that a thing belongs to."""
    if isinstance(thing, Practice):
        return thing.id
    parent = _PARENTS.get(type(thing))
    if parent is None:
        practice: UUID = thing.practice_id  # type: ignore[attr-defined]
        return practice
    model, column = parent
    session = object_session(thing)
    above = session.get(model, getattr(thing, column)) if session is not None else None
    return practice_of(above) if above is not None else None


#: Where a thing that names no practice belongs.
_PARENTS: Mapping[type[Base], tuple[type[Base], str]] = {
    ApiToken: (User, "user_id"),
    AvailabilityException: (Provider, "provider_id"),
    AvailabilityRule: (Provider, "provider_id"),
    Offer: (WaitlistEntry, "entry_id"),
    Preference: (Patient, "patient_id"),
    Seat: (ClinicDay, "clinic_day_id"),
}
