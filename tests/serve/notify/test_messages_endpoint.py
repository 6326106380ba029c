"""What staff see of messages: which went out and which failed, and never what they say."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from serve.booking.changing import cancel
from serve.booking.holding import book
from serve.database import reading
from serve.models import Appointment, AuditEntry, OutboxMessage
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import NOW
from tests.serve.notify.conftest import Told


@pytest.fixture
def visit(told: Told) -> Appointment:
    """A visit whose confirmation failed; its reminder waits."""
    made: Appointment = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.set(
        OutboxMessage, told.rows(made)[0].id, state="failed", attempts=1, problem="refused (550)"
    )
    return made


@pytest.mark.parametrize("role", ["front_desk", "administrator"])
def test_staff_see_what_was_sent_what_waits_and_what_failed(
    told: Told, visit: Appointment, as_role: Any, role: str
):
    """The latest first, of one appointment or all, without a word of what is said."""
    desk = as_role(role)
    items = desk.get("/messages", appointment_id=str(visit.id))["items"]
    assert [(one["kind"], one["state"]) for one in items] == [
        ("reminder", "waiting"), ("confirmation", "failed"),
    ]  # fmt: skip
    assert items[1] == {
        "id": str(told.rows(visit)[0].id), "appointment_id": str(visit.id), "channel": "file",
        "kind": "confirmation", "state": "failed", "due_at": "2026-03-02T08:15:00Z",
        "try_at": "2026-03-02T08:15:00Z", "sent_at": None, "attempts": 1,
        "problem": "refused (550)",
    }  # fmt: skip
    other = told.do(book, told.seats[1], told.clinic.stranger, NOW, STAFF)
    told.send()
    assert len(desk.get("/messages")["items"]) == 4
    (sent,) = desk.get("/messages", state="sent")["items"]
    assert sent["appointment_id"] == str(other.id)
    first = desk.get("/messages", limit=3)
    assert len(desk.get("/messages", limit=3, cursor=first["next"])["items"]) == 1


def test_it_is_written_down_whose_messages_were_seen(told: Told, visit: Appointment, as_role: Any):
    """As everything about patients."""
    as_role("front_desk").get("/messages")
    with reading() as session:
        seen = session.scalars(
            select(AuditEntry.patient_id).where(AuditEntry.subject == "outbox_message")
        ).all()
    assert set(seen) == {told.clinic.patient}


def test_what_failed_is_sent_again(told: Told, visit: Appointment, as_role: Any):
    """At once; what did not fail is not."""
    desk = as_role("front_desk")
    failed, waiting = (one.id for one in told.rows(visit))
    told.clock.forward(minutes=5)
    answer = desk.post(f"/messages/{failed}/send-again")
    assert (answer["state"], answer["try_at"]) == ("waiting", "2026-03-02T08:20:00Z")
    assert told.send() == 1
    assert told.kinds(visit, "sent") == ["confirmation"]
    for other in (failed, waiting):
        answer = desk("POST", f"/messages/{other}/send-again")
        assert answer.status_code == 409
        assert answer.get_json()["reason"] == "status"


def test_what_failed_and_is_not_true_any_more_is_not_sent_again(
    told: Told, visit: Appointment, as_role: Any
):
    """It is withdrawn when it would be sent."""
    told.do(cancel, visit, NOW, STAFF)
    failed: UUID = told.rows(visit)[0].id
    if told.rows(visit)[0].state == "failed":
        as_role("front_desk").post(f"/messages/{failed}/send-again")
    told.send()
    assert told.kinds(visit, "sent") == ["cancellation"]


def test_what_is_said_to_programs_is_not_among_it(told: Told, visit: Appointment, as_role: Any):
    """A webhook's messages are about no appointment."""
    from serve.models import Webhook

    def hook(session: Any) -> UUID:
        made = Webhook(practice_id=told.clinic.practice, url="https://there.example")
        session.add(made)
        session.flush()
        message = OutboxMessage(
            practice_id=told.clinic.practice, channel="webhook", kind="appointment.booked",
            webhook_id=made.id, event_id=1, due_at=NOW, try_at=NOW + timedelta(days=1),
            state="failed",
        )  # fmt: skip
        session.add(message)
        session.flush()
        return message.id

    identifier = told.do(hook)
    desk = as_role("administrator")
    assert len(desk.get("/messages")["items"]) == 2
    assert desk("POST", f"/messages/{identifier}/send-again").status_code == 404


def test_the_service_counts_messages_by_what_became_of_them(
    told: Told, visit: Appointment, as_role: Any
):
    """For Prometheus; nobody's name among it."""
    text = as_role("nobody").client.get("/metrics").text
    assert 'bailey_messages{channel="file",state="failed"} 1.0' in text
    assert 'bailey_messages{channel="file",state="waiting"} 1.0' in text
    assert "bailey_oldest_due_message_seconds" in text
