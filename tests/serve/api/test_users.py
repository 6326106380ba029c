"""Users, their roles, and invitations."""

import threading
from typing import Any
from uuid import UUID, uuid4

from apiflask import APIFlask
from sqlalchemy import select

from serve.database import reading
from serve.models import AuditEntry, User
from tests.serve.browser import PASSWORD, Browser
from tests.serve.conftest import Client, Clinic, HandClock, make_clinic, token_for

EMAIL = "ada@clinic.example"
NEW = {"email": EMAIL, "name": "Ada", "roles": ["front_desk"]}


def test_a_user_is_invited_and_signs_in(app: APIFlask, as_role: Any, clinic: Clinic):
    """With a text that works once, and is kept nowhere."""
    administrator = as_role("administrator")
    made = administrator.post("/users", NEW)
    assert made["has_password"] is False
    path = f"/users/{made['id']}"
    sent = administrator("POST", f"{path}/invitation", {}, key="one")
    text = sent.get_json()["text"]
    again = administrator("POST", f"{path}/invitation", {}, key="one")
    assert again.get_json()["text"] is None
    other = administrator.post(f"{path}/invitation")["text"]
    browser = Browser(app)
    assert browser.sign_in(EMAIL).status_code == 401
    easy = browser("POST", "/account/invitation", {"invitation": text, "password": "password1234"})
    assert easy.status_code == 422
    sent = {"invitation": text, "password": PASSWORD}
    assert browser("POST", "/account/invitation", sent).status_code == 204
    assert browser.sign_in(EMAIL).status_code == 200
    for used in (text, other):
        sent = {"invitation": used, "password": "zes paarse fietsen"}
        assert browser("POST", "/account/invitation", sent).status_code == 401
    assert administrator.get(path)["has_password"] is True


def test_invitations_that_are_over_or_forged_are_refused(
    app: APIFlask, as_role: Any, clinic: Clinic, clock: HandClock
):
    """After three days, of an inactive user, or a token of the API."""
    administrator = as_role("administrator")
    path = f"/users/{clinic.users['provider']}"
    texts = [administrator.post(f"{path}/invitation")["text"], administrator.token, "a.b.c", "x"]
    clock.forward(days=3)
    for text in texts:
        sent = {"invitation": text, "password": PASSWORD}
        assert Browser(app)("POST", "/account/invitation", sent).status_code == 401
    text = administrator.post(f"{path}/invitation")["text"]
    assert administrator("PATCH", path, {"active": False}, version=1).status_code == 200
    sent = {"invitation": text, "password": PASSWORD}
    assert Browser(app)("POST", "/account/invitation", sent).status_code == 401
    assert administrator("POST", f"{path}/invitation", {}).get_json()["reason"] == "inactive"


def test_roles_are_changed_and_audited(app: APIFlask, as_role: Any, clinic: Clinic):
    """Of the version that was read; a change of roles is one of the user."""
    administrator = as_role("administrator")
    path = f"/users/{clinic.users['analyst']}"
    answer = administrator("PATCH", path, {"roles": ["analyst", "provider"]}, version=1)
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["roles"] == ["analyst", "provider"]
    assert answer.headers["ETag"] == '"2"'
    assert administrator("PATCH", path, {"roles": ["analyst"]}, version=1).status_code == 412
    assert administrator("PATCH", path, {"roles": ["analyst"]}, version=2).status_code == 200
    with app.app_context(), reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "user.change").order_by(AuditEntry.id)
        ).all()
    assert [entry.details["after"]["roles"] for entry in entries] == [
        ["analyst", "provider"],
        ["analyst"],
    ]
    assert entries[0].user_id == clinic.users["administrator"]
    assert entries[0].subject_id == clinic.users["analyst"]


def test_the_last_administrator_stays_one(as_role: Any, clinic: Clinic):
    """Neither the role nor the access goes, until there is another one."""
    administrator = as_role("administrator")
    path = f"/users/{clinic.users['administrator']}"
    for change in ({"roles": ["analyst"]}, {"active": False}):
        answer = administrator("PATCH", path, change, version=1)
        assert answer.status_code == 409
        assert answer.get_json()["reason"] == "last_administrator"
    administrator.post("/users", NEW | {"roles": ["administrator"]})
    answer = administrator("PATCH", path, {"roles": ["analyst"]}, version=1)
    assert answer.status_code == 200, answer.text


def test_two_administrators_do_not_take_each_others_role_at_once(
    app: APIFlask, as_role: Any, clinic: Clinic
):
    """One of them is too late."""
    first = as_role("administrator")
    other = first.post("/users", NEW | {"roles": ["administrator"]})["id"]
    with app.app_context():
        second = Client(app, token_for(UUID(other)))
    statuses = []

    def take(client: Client, user: Any) -> None:
        answer = client("PATCH", f"/users/{user}", {"roles": ["analyst"]}, version=1)
        statuses.append(answer.status_code)

    threads = [
        threading.Thread(target=take, args=(first, other)),
        threading.Thread(target=take, args=(second, clinic.users["administrator"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) in ([200, 403], [200, 409])


def test_a_user_is_a_provider_and_a_patient(as_role: Any, clinic: Clinic):
    """Each of one user only."""
    administrator = as_role("administrator")
    provider = administrator.post("/providers", {"name": "Dr Kaandorp"})["id"]
    stranger = str(clinic.stranger)
    made = administrator.post("/users", NEW | {"provider_id": provider, "patient_id": stranger})
    assert (made["provider_id"], made["patient_id"]) == (provider, stranger)
    other = NEW | {"email": "bo@clinic.example"}
    for more in ({"provider_id": provider}, {"patient_id": stranger}):
        answer = administrator("POST", "/users", other | more)
        assert answer.status_code == 409, answer.text
    for more in ({"provider_id": str(uuid4())}, {"patient_id": str(uuid4())}):
        assert administrator("POST", "/users", other | more).status_code == 404
    path = f"/users/{made['id']}"
    answer = administrator(
        "PATCH", path, {"provider_id": None, "patient_id": None}, version=made["version"]
    )
    assert answer.get_json()["provider_id"] is answer.get_json()["patient_id"] is None
    administrator.post("/users", other | {"provider_id": provider, "patient_id": stranger})


def test_users_are_listed_page_by_page(app: APIFlask, as_role: Any, clinic: Clinic):
    """Those of one's practice; without what is secret."""
    with app.app_context():
        make_clinic("Welch")
    administrator = as_role("administrator")
    first = administrator.get("/users", limit=3)
    second = administrator.get("/users", limit=3, cursor=first["next"])
    emails = [one["email"] for one in first["items"] + second["items"]]
    assert emails == sorted(f"{role}@bailey.example" for role in clinic.users)
    assert second["next"] is None
    assert not any("hash" in name for one in first["items"] for name in one)


def test_an_email_address_is_one_users(as_role: Any):
    """In whichever letters."""
    administrator = as_role("administrator")
    administrator.post("/users", NEW)
    answer = administrator("POST", "/users", NEW | {"email": EMAIL.upper()})
    assert answer.status_code == 409
    assert EMAIL not in answer.text.lower()


BAD = {
    "no e-mail address": {"email": "ada"},
    "an unknown role": {"roles": ["owner"]},
    "no roles": {"roles": []},
    "a password": {"password": PASSWORD},
    "no name": {"name": " "},
    "a number for a name": {"name": 7},
    "control characters": {"name": "Ada\r\nBcc: all"},
    "half a letter": {"name": "\ud800"},
    "a provider by name": {"provider_id": "Dr Welch"},
}


def test_bad_users_are_refused(app: APIFlask, as_role: Any):
    """422 with problem details, and nobody is added."""
    administrator = as_role("administrator")
    for case, bad in BAD.items():
        answer = administrator("POST", "/users", NEW | bad)
        assert answer.status_code in (400, 422), case
        assert answer.mimetype == "application/problem+json"
    with app.app_context(), reading() as session:
        assert session.scalar(select(User).where(User.email == EMAIL)) is None
