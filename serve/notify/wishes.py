"""What a patient wishes to be told: the patient's own choice, or else the practice's usual."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Practice, Preference
from serve.notify.kinds import KINDS

#: Minutes between two notices of delay, if the patient does not say.
DELAY_EVERY = 30


@dataclass(frozen=True)
class Wishes:
    """What a patient wishes to be told.

    Attributes
    ----------
    ways
        ``email``, ``sms``, both or neither.
    reminders
        How long before a visit to be reminded.
    delay
        By how much an expected start must have moved.
    delay_every
        How long after a notice of delay the next one may follow.
    opted_out
        Kinds that are not sent.
    """

    ways: tuple[str, ...]
    reminders: tuple[timedelta, ...]
    delay: timedelta
    delay_every: timedelta
    opted_out: frozenset[str]

    def want(self, kind: str, way: str) -> bool:
        """Return whether something is to be told that way."""
        if kind not in KINDS or kind in self.opted_out or way not in self.ways:
            return False
        return kind != "reminder" or bool(self.reminders)


def wishes_of(session: Session, patient_id: UUID, practice_id: UUID) -> Wishes:
    """Return what a patient of a practice wishes to be told."""
    said = session.scalar(select(Preference.notices).where(Preference.patient_id == patient_id))
    return wishes_from(said or {}, session.get_one(Practice, practice_id))


def wishes_from(said: Mapping[str, Any], practice: Practice) -> Wishes:
    """Return the wishes of somebody who said some of them, as `Preference.notices` keeps them."""
    hours = said.get("reminder_hours")
    if hours is None:
        hours = [practice.reminder_hours] if practice.reminder_hours else []
    return Wishes(
        ways=tuple(dict.fromkeys(said.get("channels", ["email"]))),
        reminders=tuple(timedelta(hours=one) for one in sorted(set(hours), reverse=True)),
        delay=timedelta(minutes=said.get("delay_minutes") or practice.delay_minutes),
        delay_every=timedelta(minutes=said.get("delay_every_minutes") or DELAY_EVERY),
        opted_out=frozenset(said.get("opted_out", ())),
    )
