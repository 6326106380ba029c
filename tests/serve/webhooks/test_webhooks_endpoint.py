"""Webhooks as an administrator has them."""

import json
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from serve.api.webhooks import MOST
from serve.auth.policy import POLICY
from serve.database import db, reading, transaction
from serve.models import AuditEntry, Base, OutboxMessage
from serve.models.people import ROLES
from tests.serve.conftest import Client, Clinic
from tests.serve.webhooks.conftest import sending, wait_until
from tests.serve.webhooks.target import Target
from tests.serve.webhooks.test_deliveries import happen, history


@pytest.fixture
def administrator(as_role: Any) -> Client:
    """Who has webhooks."""
    return as_role("administrator")


URL = "https://9.9.9.9/hook"


def test_a_webhook_is_added_changed_and_deleted(administrator: Client):
    """And read in between."""
    made = administrator.post("/webhooks", {"url": URL, "kinds": ["appointment.*"]})
    assert made["secret"].startswith("whsec_")
    told = {name: value for name, value in made.items() if name != "secret"}
    assert administrator.get("/webhooks")["items"] == [told]
    assert administrator.get(f"/webhooks/{made['id']}") == told
    changes = {"url": "https://9.9.9.9/other", "kinds": [], "active": False}
    changed = administrator("PATCH", f"/webhooks/{made['id']}", changes, version=1).get_json()
    assert changed == told | changes | {"version": 2}
    stale = administrator("PATCH", f"/webhooks/{made['id']}", {"active": True}, version=1)
    assert stale.status_code == 412
    assert administrator("DELETE", f"/webhooks/{made['id']}", version=2).status_code == 204
    assert administrator("GET", f"/webhooks/{made['id']}").status_code == 404


def test_a_secret_is_told_once_and_kept_nowhere(app: APIFlask, administrator: Client):
    """Neither in an answer given again nor in the database; another one when it is asked for."""
    made = administrator.post("/webhooks", {"url": URL}, key="one")
    again = administrator.post("/webhooks", {"url": URL}, key="one")
    assert again == made | {"secret": None}
    path = f"/webhooks/{made['id']}/secret"
    renewed = administrator.post(path, key="two")
    assert renewed["secret"] not in (made["secret"], None)
    assert administrator.post(path, key="two")["secret"] is None
    assert renewed["version"] == 2
    with app.app_context(), db.engine.connect() as connection:
        rows = [connection.execute(select(one)).all() for one in Base.metadata.sorted_tables]
    for secret in (made["secret"], renewed["secret"]):
        assert secret not in str(rows)


def test_what_waits_is_signed_by_the_new_secret(
    app: APIFlask, clinic: Clinic, administrator: Client
):
    """From the moment on at which there is one."""
    with Target() as target:
        made = administrator.post("/webhooks", {"url": target.url})
        with app.app_context():
            happen(clinic)
        renewed = administrator.post(f"/webhooks/{made['id']}/secret")
        with sending(app):
            (received,) = wait_until(lambda: target.received)
    assert received.is_signed_by(renewed["secret"])
    assert not received.is_signed_by(made["secret"])


@pytest.mark.parametrize(
    "url",
    [
        "http://9.9.9.9/", "http://localhost/", "https://localhost/", "https://2130706433/",
        "https://0x7f000001/", "https://127.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data", "https://192.168.0.1/", "https://9.9.9.9:25/",
        "https://user:word@9.9.9.9/", "https://nowhere.invalid/", "ftp://9.9.9.9/", "", 7, None,
        "https://9.9.9.9/#a", "https://9.9.9.9/" + "a" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_sent_to_is_refused(administrator: Client, url: Any):
    """By the name of the field, without repeating it, when it is added and when it is changed."""
    made = administrator.post("/webhooks", {"url": URL})
    for answer in (
        administrator("POST", "/webhooks", {"url": url}),
        administrator("PATCH", f"/webhooks/{made['id']}", {"url": url}, version=1),
    ):
        assert answer.status_code == 422, answer.text
        (error,) = answer.get_json()["errors"]
        assert error["field"] == "url"
        assert not url or str(url) not in answer.text


@pytest.mark.parametrize(
    "kinds", [["nothing.*"], ["appointment"], ["appointment.eaten"], ["*"], [""], "run.*", [1]]
)
def test_kinds_of_events_that_there_are_not_are_refused(administrator: Client, kinds: Any):
    """With those that there are."""
    answer = administrator("POST", "/webhooks", {"url": URL, "kinds": kinds})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"].startswith("kinds")


def test_a_webhook_is_tried(app: APIFlask, clinic: Clinic, administrator: Client):
    """By an event for it alone, also if it asks for others; not while it is off."""
    with Target() as target, Target() as other:
        made = administrator.post("/webhooks", {"url": target.url, "kinds": ["run.failed"]})
        administrator.post("/webhooks", {"url": other.url})
        answer = administrator("POST", f"/webhooks/{made['id']}/test")
        assert answer.status_code == 204
        with sending(app):
            (received,) = wait_until(lambda: target.received)
        assert other.received == []
    assert received.json["kind"] == "webhook.ping"
    assert received.json["subject_id"] == made["id"]
    administrator("PATCH", f"/webhooks/{made['id']}", {"active": False}, version=1)
    refused = administrator("POST", f"/webhooks/{made['id']}/test")
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "inactive")


def test_a_history_is_paged(app: APIFlask, clinic: Clinic, administrator: Client):
    """The latest first, each once."""
    made = administrator.post("/webhooks", {"url": URL})
    with app.app_context():
        happen(clinic, 7)
    path, found, cursor = f"/webhooks/{made['id']}/deliveries", [], {}
    while True:
        part = administrator.get(path, limit=3, **cursor)
        found += part["items"]
        if part["next"] is None:
            break
        cursor = {"cursor": part["next"]}
    assert len({one["id"] for one in found}) == 7
    assert {one["state"] for one in found} == {"waiting"}


def test_a_delivery_of_another_webhook_is_not_replayed(
    app: APIFlask, clinic: Clinic, administrator: Client
):
    """Nor one that is being sent."""
    first, second = (administrator.post("/webhooks", {"url": URL}) for _ in range(2))
    with app.app_context():
        happen(clinic)
        (one,) = history(administrator, first)
        wrong = administrator("POST", f"/webhooks/{second['id']}/deliveries/{one['id']}/replay")
        assert wrong.status_code == 404

        def taken(session: Any) -> None:
            message = session.scalars(
                select(OutboxMessage).where(OutboxMessage.webhook_id == UUID(first["id"]))
            ).one()
            message.claimed_until = message.due_at.replace(year=2027)

        transaction(taken)
    busy = administrator("POST", f"/webhooks/{first['id']}/deliveries/{one['id']}/replay")
    assert (busy.status_code, busy.get_json()["reason"]) == (409, "in_hand")


def test_a_webhook_goes_with_its_history(app: APIFlask, clinic: Clinic, administrator: Client):
    """And nothing is left that is sent."""
    made = administrator.post("/webhooks", {"url": URL})
    with app.app_context():
        happen(clinic, 3)
    assert administrator("DELETE", f"/webhooks/{made['id']}", version=1).status_code == 204
    with app.app_context(), reading() as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_a_practice_has_so_many_webhooks(administrator: Client):
    """And no more."""
    for _ in range(MOST):
        administrator.post("/webhooks", {"url": URL})
    answer = administrator("POST", "/webhooks", {"url": URL})
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "too_many")


def test_only_administrators_have_webhooks(as_role: Any):
    """They see what happens in all of the practice."""
    for action in ("webhook.read", "webhook.change"):
        assert POLICY[action] == {"administrator": "practice"}
    for role in set(ROLES) - {"administrator"}:
        assert as_role(role)("GET", "/webhooks").status_code == 403


def test_changes_are_in_the_audit_without_addresses(app: APIFlask, administrator: Client):
    """In an address there may be a secret."""
    made = administrator.post("/webhooks", {"url": URL + "?token=secret-word"})
    administrator.post(f"/webhooks/{made['id']}/secret")
    administrator("DELETE", f"/webhooks/{made['id']}", version=2)
    with app.app_context(), reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.subject == "webhook")).all()
    assert [one.details["what"] for one in found] == ["add", "secret", "delete"]
    assert "secret-word" not in json.dumps([one.details for one in found])
