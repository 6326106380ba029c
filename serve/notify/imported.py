"""Reminders of visits that were booked elsewhere: of their booking, their patients know."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from serve.models import OutboxMessage, Patient, Practice, Preference
from serve.notify.kinds import channel_for
from serve.notify.standing import place
from serve.notify.wishes import wishes_from


def remind_of(
    session: Session, practice_id: UUID, visits: Iterable[Mapping[str, Any]], now: datetime
) -> None:
    """Queue the reminders of many new visits at once.

    Parameters
    ----------
    visits
        Identifier, ``patient_id``, ``seat_id`` and ``starts_at`` of each.
    """
    practice = session.get_one(Practice, practice_id)
    said = select(Preference.patient_id, Preference.notices).join(Patient)
    wished: dict[UUID, Any] = {
        patient: notices
        for patient, notices in session.execute(said.where(Patient.practice_id == practice_id))
    }
    rows = []
    for visit in visits:
        wishes = wishes_from(wished.get(visit["patient_id"], {}), practice)
        for way in wishes.ways:
            channel = channel_for(way, current_app.config["SETTINGS"])
            if channel is None or not wishes.want("reminder", way):
                continue
            due = [visit["starts_at"] - ahead for ahead in wishes.reminders]
            rows += [_row(practice_id, visit, channel, one, now) for one in due if one > now]
    if rows:
        session.execute(insert(OutboxMessage), rows)


def _row(
    practice_id: UUID, visit: Mapping[str, Any], channel: str, due_at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "created_at": now,
        "practice_id": practice_id,
        "appointment_id": visit["id"],
        "channel": channel,
        "kind": "reminder",
        "details": place(visit["starts_at"], visit["seat_id"]),
        "due_at": due_at,
        "try_at": due_at,
    }
