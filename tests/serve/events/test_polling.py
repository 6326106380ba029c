"""``GET /api/v1/events``: what happened since, for whoever may be told of it."""

from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from serve import create_app
from serve.auth.policy import POLICY
from serve.auth.tokens import issue
from serve.database import db, reading, transaction
from serve.events.retention import forget_events
from serve.migrations import migrate
from serve.models import AuditEntry
from serve.models.people import ROLES
from serve.settings import Settings
from tests.serve.conftest import KEY, NOW, Client, Clinic, make_clinic
from tests.serve.events.telling import KINDS, OWNERS, expected, tell, tell_all
from tests.serve.things import Things


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_told_what_is_its_own(app: APIFlask, clinic: Clinic, role: str):
    """Of every kind of event, for every owner, with the details that the role may see."""
    with app.app_context():
        away = make_clinic("Welch")
        token, subjects = transaction(lambda session: told_to(session, clinic, away, role))
    answer = Client(app, token).get("/events", after=0)
    seen = {one["subject_id"]: set(one["details"]) for one in answer["items"]}
    for subject, (kind, owner) in subjects.items():
        assert seen.get(subject) == expected(role, kind, owner), (role, kind, owner)
    assert len(subjects) == len(KINDS) * len(OWNERS)


def test_whose_data_it_is_about_is_not_told(app: APIFlask, clinic: Clinic, as_role: Any):
    """Nobody is told of a patient by an event."""

    def work(session: Any) -> str:
        things = Things(session, clinic.practice, ("patient",))
        tell_all(session, things)
        return str(things.patient.id)

    with app.app_context():
        patient = transaction(work)
    answer = as_role("administrator")("GET", "/events?after=0")
    assert answer.get_json()["items"]
    assert patient not in answer.text


def test_whoever_has_two_roles_sees_what_either_does(app: APIFlask, clinic: Clinic):
    """A provider who is a patient too, say."""

    def work(session: Any) -> str:
        things = Things(session, clinic.practice, ("patient", "analyst"))
        tell_all(session, things)
        return issue(session, things.user, "test", list(POLICY), 365, KEY, NOW)[1]

    with app.app_context():
        token = transaction(work)
    kinds = {one["kind"] for one in Client(app, token).get("/events", after=0)["items"]}
    assert kinds == {"appointment.booked", "appointment.expected", "waitlist.offered", "run.done"}


def test_without_a_number_only_the_last_one_is_told(app: APIFlask, clinic: Clinic, as_role: Any):
    """To read what is there, and then to go on from that number."""
    desk = as_role("front_desk")
    assert desk.get("/events")["last_id"] == 0
    with app.app_context():
        tell(clinic, 3)
    begun = desk.get("/events")
    assert (begun["items"], begun["reset"]) == ([], False)
    with app.app_context():
        tell(clinic, 2)
    answer = desk.get("/events", after=begun["last_id"])
    assert [one["id"] for one in answer["items"]] == [begun["last_id"] + 1, begun["last_id"] + 2]
    assert answer["last_id"] == begun["last_id"] + 2
    again = desk.get("/events", after=answer["last_id"])
    assert (again["items"], again["last_id"]) == ([], answer["last_id"])


def test_page_by_page_nothing_is_missing(app: APIFlask, clinic: Clinic, as_role: Any):
    """As long as there is more, nobody waits; also past what somebody may not see."""
    with app.app_context():
        for _ in range(3):
            tell(clinic, 2)
            transaction(lambda session: tell_all(session, Things(session, clinic.practice, ())))
    analyst, seen, after = as_role("analyst"), [], 0
    while True:
        answer = analyst.get("/events", after=after, limit=2)
        seen += [one["id"] for one in answer["items"]]
        after = answer["last_id"]
        if answer["wait"]:
            break
    assert len(seen) == len(set(seen)) == 9
    assert seen == sorted(seen)
    assert after == as_role("administrator").get("/events")["last_id"]


def test_who_was_away_too_long_reads_everything_again(app: APIFlask, clinic: Clinic, as_role: Any):
    """The answer says so, and from where to go on."""
    desk = as_role("front_desk")
    with app.app_context():
        tell(clinic, 5)
        first = desk.get("/events", after=0)["items"][0]["id"]
        assert forget_events(NOW + timedelta(days=31), timedelta(days=30)) == 4
    last = first + 4
    for after in (0, first, first + 2, last + 1, 2**63 - 1):
        answer = desk.get("/events", after=after)
        assert (answer["reset"], answer["items"], answer["last_id"]) == (True, [], last)
    kept = desk.get("/events", after=last - 1)
    assert (kept["reset"], [one["id"] for one in kept["items"]]) == (False, [last])
    assert desk.get("/events", after=last)["reset"] is False


@pytest.mark.parametrize(
    "query",
    [
        {"after": "x"}, {"after": -1}, {"after": 2**63}, {"after": "1.5"}, {"after": ""},
        {"limit": 0}, {"limit": 201}, {"limit": "many"},
        {"practice_id": "00000000-0000-0000-0000-000000000000"}, {"after": "1\r\nX: y"},
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(app: APIFlask, as_role: Any, query: dict[str, Any]):
    """With the field, and without what was sent; nobody asks for another practice."""
    answer = as_role("front_desk")("GET", "/events", query_string=query)
    assert answer.status_code == 422
    (error,) = answer.get_json()["errors"]
    assert next(iter(query)) in error["field"]
    assert "X: y" not in answer.text


def test_a_token_without_the_scope_is_told_nothing(app: APIFlask, clinic: Clinic):
    """And one with it alone is enough."""

    def work(session: Any) -> list[str]:
        user = Things(session, clinic.practice, ("front_desk",)).user
        return [
            issue(session, user, "test", scopes, 365, KEY, NOW)[1]
            for scopes in (["appointment.read"], ["event.read"])
        ]

    with app.app_context():
        without, alone = transaction(work)
        tell(clinic)
    assert Client(app, without)("GET", "/events?after=0").status_code == 403
    assert len(Client(app, alone).get("/events", after=0)["items"]) == 1
    assert Client(app, None)("GET", "/events").status_code == 401


def test_reading_events_is_audited(app: APIFlask, clinic: Clinic, as_role: Any):
    """Once for an answer that tells any."""
    desk = as_role("front_desk")
    with app.app_context():
        tell(clinic, 3)
        desk.get("/events", after=0)
        desk.get("/events", after=desk.get("/events")["last_id"])
        with reading() as session:
            entries = session.scalars(select(AuditEntry)).all()
    assert [(one.action, one.subject, one.details) for one in entries] == [
        ("event.read", "event", {"events": 3})
    ]


@pytest.mark.parametrize(
    ("setting", "asked", "expected"),
    [
        ({}, "http://clinic.example:5000/", "http://clinic.example:5001/events"),
        ({"events_bind": "0.0.0.0:7000"}, "http://[::1]:5000/", "http://[::1]:7000/events"),
        ({"events_url": "https://c.example/live"}, "http://x/", "https://c.example/live"),
        ({"events_bind": "off"}, "http://x/", None),
        ({"events_bind": "off", "events_url": "https://c.example/live"}, "http://x/",
         "https://c.example/live"),
        ({"events_bind": "127.0.0.1:0"}, "http://x/", None),
    ],
)  # fmt: skip
def test_the_answer_tells_where_the_stream_is(
    tmp_path: Any, setting: dict[str, str], asked: str, expected: str | None
):
    """At the same host beside the web server, or where the settings say."""
    app = create_app(Settings(home=str(tmp_path), secret_key=KEY, **setting), lambda: NOW)
    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()
        token = transaction(
            lambda session: issue(
                session, Things(session, clinic.practice, ("analyst",)).user, "t", ["event.read"],
                9, KEY, NOW,
            )[1]
        )  # fmt: skip
    assert Client(app, token)("GET", "/events", base_url=asked).get_json()["stream"] == expected
    with app.app_context():
        db.engine.dispose()


def told_to(
    session: Any, clinic: Clinic, away: Clinic, role: str
) -> tuple[str, dict[str, tuple[str, str]]]:
    """Tell all kinds of events of each owner; return a token of one, and what was told."""
    places = {"own": clinic, "another's": clinic, "elsewhere": away}
    subjects: dict[str, tuple[str, str]] = {}
    token = ""
    for owner, place in places.items():
        things = Things(session, place.practice, (role,))
        told = tell_all(session, things)
        subjects |= {subject: (kind, owner) for subject, kind in told.items()}
        if owner == "own":
            token = issue(session, things.user, "test", list(POLICY), 365, KEY, NOW)[1]
    return token, subjects
