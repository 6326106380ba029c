"""The link in every mail: whoever has it stops mail to that patient, and can do nothing else."""

from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from serve.booking.holding import book
from serve.database import reading, transaction
from serve.models import AuditEntry, Patient, Preference
from serve.notify.unsubscribing import link_for
from serve.privacy.erasure import erase
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import KEY, NOW
from tests.serve.notify.conftest import Told

ONE_CLICK = {"data": {"List-Unsubscribe": "One-Click"}}


@pytest.fixture
def anybody(app: APIFlask) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client(use_cookies=False)


def path(told: Told, key: str = KEY) -> str:
    """Return the path of the patient's link."""
    return link_for(told.clinic.patient, key, "")


def wishes(told: Told) -> Any:
    """Return what the patient wishes to be told."""
    with reading() as session:
        query = select(Preference).where(Preference.patient_id == told.clinic.patient)
        found = session.scalar(query)
        return None if found is None else found.notices


def test_one_click_stops_the_mail(told: Told, anybody: FlaskClient):
    """As RFC 8058 has it: one POST, without a cookie, a token, a key or a version."""
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()
    link = told.mails()[0]["List-Unsubscribe"].strip("<>")
    answer = anybody.post(link.removeprefix("http://127.0.0.1:5000"), **ONE_CLICK)
    assert answer.status_code == 200
    assert "You get no more e-mails about appointments." in answer.text
    assert wishes(told) == {"channels": []}
    assert told.kinds(made, "waiting") == []
    told.do(book, told.seats[1], told.clinic.stranger, NOW, STAFF)
    assert told.send() == 1


def test_to_follow_the_link_stops_nothing(told: Told, anybody: FlaskClient):
    """Programs follow every link of a mail: a page asks first, and its button sends the POST."""
    answer = anybody.get(path(told))
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert '<form method="post"><button type="submit">Send me no more e-mails' in answer.text
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert wishes(told) is None
    assert anybody.post(path(told)).status_code == 200
    assert wishes(told) == {"channels": []}


def test_it_can_be_pressed_twice(told: Told, anybody: FlaskClient):
    """And is written down once, for the practice to see."""
    for _ in range(2):
        assert anybody.post(path(told), **ONE_CLICK).status_code == 200
    with reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "message.stop")
        ).all()
    assert [(one.by, one.patient_id) for one in entries] == [("link", told.clinic.patient)]


def test_what_else_is_wished_stays(told: Told, anybody: FlaskClient):
    """Text messages still come."""
    said = {"channels": ["email", "sms"], "reminder_hours": [2]}

    def wish(session: Any) -> None:
        session.add(Preference(patient_id=told.clinic.patient, notices=said))

    told.do(wish)
    anybody.post(path(told), **ONE_CLICK)
    assert wishes(told) == {"channels": ["sms"], "reminder_hours": [2]}


def test_the_page_is_in_the_patients_language(told: Told, anybody: FlaskClient):
    """Before and after."""
    told.set(Patient, told.clinic.patient, language="nl")
    assert 'lang="nl"' in anybody.get(path(told)).text
    assert "U krijgt geen e-mails meer" in anybody.post(path(told)).text


def refused(anybody: FlaskClient, text: str) -> list[TestResponse]:
    """Return the answers to a link that is none."""
    address = f"/api/v1/notices/unsubscribe/{text}"
    return [anybody.get(address), anybody.post(address, **ONE_CLICK)]


def test_a_link_that_is_not_ours_is_none(told: Told, anybody: FlaskClient):
    """Made up, cut off, for another purpose, with another key, or of nobody."""
    good = path(told).rpartition("/")[2]
    other = URLSafeSerializer(KEY, salt="another").dumps(told.clinic.patient.hex)
    forged = path(told, "another key that is long enough to be one").rpartition("/")[2]
    nobody = link_for(uuid4(), KEY, "").rpartition("/")[2]
    no_patient = URLSafeSerializer(KEY, salt="stop mail to a patient").dumps({"a": 1})
    for text in ("x", good[:-1], good + "x", other, forged, nobody, no_patient, "a.b.c"):
        for answer in refused(anybody, text):
            assert answer.status_code == 404, text
            assert answer.get_json()["detail"] == "There is no such link."
    assert wishes(told) is None


def test_an_erased_patient_has_no_link(told: Told, anybody: FlaskClient):
    """It is not told that there was somebody."""
    transaction(lambda session: erase(session, session.get_one(Patient, told.clinic.patient), NOW))
    assert {answer.status_code for answer in refused(anybody, path(told).rpartition("/")[2])} == {
        404
    }


def test_a_link_signs_nobody_in(told: Told, anybody: FlaskClient):
    """As a token it is refused."""
    text = path(told).rpartition("/")[2]
    answer = anybody.get("/api/v1/account", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401


def test_the_description_says_that_no_sign_in_is_needed(app: APIFlask, anybody: FlaskClient):
    """And what comes back."""
    paths = anybody.get("/api/openapi.json").get_json()["paths"]
    for operation in paths["/api/v1/notices/unsubscribe/{link}"].values():
        assert operation["security"] == []
        assert not [one for one in operation["parameters"] if one["in"] == "header"]
        assert "text/html" in operation["responses"]["200"]["content"]
        assert "404" in operation["responses"]
