"""Who is told of which event, and which details: the one place that decides it.

How far an event reaches for a role, `serve.auth.policy` says under ``event.read``; of which kinds a
role is told, and what of the details, the table here. Whose data an event is about is never told:
whoever may see an appointment finds it by its identifier.
"""

from collections.abc import Mapping
from typing import Any

from serve.auth.actor import Actor
from serve.auth.policy import POLICY, patient_of, provider_of, reach
from serve.models import Event

#: What the policy calls being told of events.
ACTION = "event.read"

#: What a patient is told of an appointment.
FOR_PATIENTS = frozenset(("seat_id", "status", "expected_at", "earliest_at", "latest_at"))
#: Every detail, and every kind.
ALL = None
#: For each role the kinds, by the word before the dot, and of each kind the details.
TOLD: Mapping[str, Mapping[str, frozenset[str] | None] | None] = {
    "patient": {"appointment": FOR_PATIENTS, "waitlist": FOR_PATIENTS},
    "provider": {"appointment": ALL, "clinic_day": ALL, "waitlist": ALL},
    "front_desk": ALL,
    "administrator": ALL,
    "analyst": {"run": ALL},
}


def details_for(actor: Actor, event: Event) -> frozenset[str] | None:
    """Return the names of an event's details that somebody may see; None for not even the event.

    Who has several roles sees what any of them does.
    """
    if event.practice_id != actor.practice_id or reach(actor, ACTION) is None:
        return None
    area = event.kind.partition(".")[0]
    found: frozenset[str] | None = None
    for role in actor.roles:
        kinds = TOLD.get(role, {})
        if (kinds is not ALL and area not in kinds) or not _reaches(actor, role, event):
            continue
        names = ALL if kinds is ALL else kinds[area]
        shown = frozenset(event.details)
        found = (found or frozenset()) | (shown if names is ALL else shown & names)
    return found


def told(event: Event, details: frozenset[str]) -> dict[str, Any]:
    """Return an event as it is told, with those of its details."""
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "subject_id": str(event.subject_id),
        "clinic_day_id": _text(event.clinic_day_id),
        "provider_id": _text(event.provider_id),
        "details": {name: one for name, one in event.details.items() if name in details},
    }


def _reaches(actor: Actor, role: str, event: Event) -> bool:
    far = POLICY[ACTION].get(role)
    if far == "own" and role == "provider":
        return actor.provider_id is not None and provider_of(event) == actor.provider_id
    if far == "own":
        return patient_of(event) in actor.patient_ids
    return far == "practice"


def _text(identifier: object) -> str | None:
    return None if identifier is None else str(identifier)
