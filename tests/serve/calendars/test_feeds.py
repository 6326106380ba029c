"""Feeds: what they have, and who reads them by which secret."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from serve import create_app
from serve.booking import changing, holding
from serve.calendars.access import MOST
from serve.database import db, reading, transaction
from serve.limits import OF_LINK
from serve.migrations import migrate
from serve.models import (
    AuditEntry,
    CalendarFeed,
    Patient,
    Provider,
    StatusChange,
    User,
    UserRole,
)
from serve.patients import add_carer, remove_carer
from serve.privacy.erasure import erase
from serve.settings import Settings
from tests.serve.booking.conftest import STAFF, START, Books
from tests.serve.booking.ground import book, seats_of
from tests.serve.calendars.reader import Reader, events, lines
from tests.serve.conftest import NOW, Client, HandClock, make_clinic, token_for
from tests.serve.test_logs import lines as log_lines

#: Of an address, the secret.
SECRET = re.compile(r"/api/v1/calendars/([A-Za-z0-9_-]{43})\.ics$")


def path_of(made: dict[str, Any]) -> str:
    """Return the path of a new feed, beneath /api/v1."""
    assert SECRET.search(made["address"])
    return made["address"].partition("/api/v1")[2]


def feed(client: Client, patient: UUID | None = None) -> dict[str, Any]:
    """Return a new feed."""
    return client.post("/calendar-feeds", {} if patient is None else {"patient_id": str(patient)})


def read(app: APIFlask, path: str, **headers: str) -> Any:
    """Read a feed as a calendar program does: without signing in."""
    return app.test_client(use_cookies=False).get(f"/api/v1{path}", headers=headers)


def test_a_patient_reads_own_visits_without_signing_in(app: APIFlask, books: Books, as_role: Any):
    """Each as often as it is asked, with a name and how often to look again."""
    patient = as_role("patient")
    made = patient.post(
        "/calendar-feeds", {"name": "Doctor", "patient_id": str(books.clinic.patient)}
    )
    books.do(holding.book, books.seats[0], books.clinic.patient, NOW, STAFF)
    books.do(holding.book, books.seats[1], books.clinic.stranger, NOW, STAFF)
    answer = read(app, path_of(made))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers
    assert len(events(answer.data)) == 1
    told = {name: (given, value) for name, given, value in lines(answer.data)}
    assert told["X-WR-CALNAME"][1] == told["NAME"][1] == "Doctor"
    assert told["REFRESH-INTERVAL"] == ({"VALUE": "DURATION"}, "PT1H")
    assert told["X-PUBLISHED-TTL"][1] == "PT1H"
    assert not {"METHOD", "ORGANIZER", "ATTENDEE", "VALARM"} & set(told)


def test_what_did_not_change_is_not_sent_again(
    app: APIFlask, books: Books, as_role: Any, clock: HandClock
):
    """By its ETag, which changes with every visit that does."""
    path = path_of(feed(as_role("patient"), books.clinic.patient))
    made = books.do(holding.book, books.seats[0], books.clinic.patient, NOW, STAFF)
    first = read(app, path)
    clock.forward(hours=3)
    again = read(app, path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    books.do(changing.move, made, books.seats[1], NOW, STAFF)
    later = read(app, path, **{"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200
    assert later.headers["ETag"] != first.headers["ETag"]


def test_a_move_and_a_cancellation_are_seen_as_such(app: APIFlask, books: Books, as_role: Any):
    """By a reader that keeps what it read by UID and SEQUENCE."""
    path, reader = path_of(feed(as_role("patient"), books.clinic.patient)), Reader()

    def look() -> None:
        reader.read(read(app, path).data)

    made = books.do(holding.hold, books.seats[0], books.clinic.patient, NOW, STAFF)
    look()
    books.do(holding.confirm, made, NOW, STAFF)
    look()
    books.do(changing.move, made, books.seats[3], NOW, STAFF)
    look()
    books.do(changing.cancel, made, NOW, STAFF)
    look()
    look()
    assert reader.noticed == ["new", "confirmed", "moved", "cancelled"]


def test_a_feed_looks_back_for_a_while(app: APIFlask, books: Books, as_role: Any, clock: HandClock):
    """For 90 days, and for 30 at what was cancelled; a hold is in it as long as it lasts."""
    path = path_of(feed(as_role("patient"), books.clinic.patient))
    for seat in (0, 1):
        books.do(holding.book, books.seats[seat], books.clinic.patient, NOW, STAFF)
    dropped = books.do(holding.book, books.seats[2], books.clinic.patient, NOW, STAFF)
    books.do(changing.cancel, dropped, NOW, STAFF)
    books.do(holding.hold, books.seats[3], books.clinic.patient, NOW, STAFF)

    def shown() -> list[str]:
        return sorted(one["STATUS"][1] for one in events(read(app, path).data))

    assert shown() == ["CANCELLED", "CONFIRMED", "CONFIRMED", "TENTATIVE"]
    clock.moment = NOW + timedelta(minutes=10)
    assert shown() == ["CANCELLED", "CONFIRMED", "CONFIRMED"]
    clock.moment = NOW + timedelta(days=30)
    assert shown() == ["CANCELLED", "CONFIRMED", "CONFIRMED"]
    clock.moment = NOW + timedelta(days=30, seconds=1)
    assert shown() == ["CONFIRMED", "CONFIRMED"]
    # The second begins ten minutes after the first.
    clock.moment = START + timedelta(days=90, minutes=5)
    assert shown() == ["CONFIRMED"]


def test_an_empty_feed_is_a_calendar(app: APIFlask, books: Books, as_role: Any):
    """Without events, and without a zone that nothing refers to."""
    answer = read(app, path_of(feed(as_role("patient"), books.clinic.patient)))
    assert answer.status_code == 200
    assert [value for name, _, value in lines(answer.data) if name == "BEGIN"] == ["VCALENDAR"]


def test_a_provider_sees_sessions_and_bookings_without_names(
    app: APIFlask, books: Books, as_role: Any
):
    """The session with how many are booked, and each booking's time; nothing of a patient."""
    path = path_of(feed(as_role("provider")))
    other = books.add_day(provider=books.add_provider("Dr Other"))[1]
    books.do(holding.book, books.seats[0], books.clinic.patient, NOW, STAFF)
    dropped = books.do(holding.book, books.seats[1], books.clinic.stranger, NOW, STAFF)
    books.do(changing.cancel, dropped, NOW, STAFF)
    books.do(holding.book, other[5], books.clinic.stranger, NOW, STAFF)
    content = read(app, path).data
    found = events(content)
    assert [(one["SUMMARY"][1], one["STATUS"][1]) for one in found] == [
        ("1 booked", "CONFIRMED"), ("Booked", "CONFIRMED"), ("Booked", "CANCELLED")
    ]  # fmt: skip
    assert found[0]["UID"][1] == f"{books.day}@session.bailey"
    text = content.decode()
    for word in ("Ada", "Bo ", "return", str(books.clinic.patient), str(books.clinic.stranger)):
        assert word not in text
    assert "ATTENDEE" not in text


def test_an_address_is_told_once_and_kept_nowhere(
    app: APIFlask, books: Books, as_role: Any, caplog: Any
):
    """Neither in a list, nor in an answer given again, in the audit, the logs or the database."""
    patient = as_role("patient")
    body = {"patient_id": str(books.clinic.patient)}
    made = patient.post("/calendar-feeds", body, key="one")
    again = patient.post("/calendar-feeds", body, key="one")
    assert again == made | {"address": None}
    listed = patient.get("/calendar-feeds")["items"]
    assert listed == [{name: value for name, value in made.items() if name != "address"}]
    secret = SECRET.search(made["address"])[1]
    assert read(app, path_of(made)).status_code == 200
    assert read(app, path_of(made) + "x").status_code == 404
    routes = [one.get("route") for one in log_lines(caplog)]
    assert "/api/v1/calendars/<secret>.ics" in routes
    assert secret not in json.dumps(log_lines(caplog))
    with app.app_context(), db.engine.connect() as connection:
        for table in CalendarFeed.metadata.sorted_tables:
            assert secret not in str(connection.execute(select(table)).all())


def test_every_read_is_in_the_audit(app: APIFlask, books: Books, as_role: Any):
    """As by a link, with the feed and whose data it has."""
    made = feed(as_role("patient"), books.clinic.patient)
    path = path_of(made)
    etag = read(app, path).headers["ETag"]
    read(app, path, **{"If-None-Match": etag})
    with app.app_context(), reading() as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "calendar_feed.follow")
        ).all()
    assert [one.by for one in found] == ["link", "link"]
    for one in found:
        assert (one.subject, one.subject_id) == ("calendar_feed", UUID(made["id"]))
        assert (one.practice_id, one.patient_id) == (books.clinic.practice, books.clinic.patient)
        assert one.user_id is None


def _deactivate(session: Session, books: Books) -> None:
    session.get_one(User, books.clinic.users["patient"]).active = False


def _no_role(session: Session, books: Books) -> None:
    session.delete(session.get_one(UserRole, (books.clinic.users["patient"], "patient")))


def _not_the_patient(session: Session, books: Books) -> None:
    session.get_one(Patient, books.clinic.patient).user_id = None


def _erase(session: Session, books: Books) -> None:
    erase(session, session.get_one(Patient, books.clinic.patient), NOW)


ENDED: list[Callable[[Session, Books], None]] = [_deactivate, _no_role, _not_the_patient, _erase]


def assert_hidden(app: APIFlask, path: str) -> None:
    """Assert that an answer is like that to a made-up address of the same form."""
    answers = [read(app, one) for one in (path, f"/calendars/{'A' * 43}.ics")]
    told = [
        (one.status_code, one.data, {**one.headers, "X-Request-Id": "", "Date": ""})
        for one in answers
    ]
    assert told[0] == told[1]
    assert told[0][0] == 404
    assert told[0][2]["Cache-Control"] == "no-store"


@pytest.mark.parametrize("end", ENDED)
def test_a_feed_ends_with_the_right_to_it(
    app: APIFlask, books: Books, as_role: Any, end: Callable[[Session, Books], None]
):
    """When the user is deactivated, is no patient or not this one, or the patient is erased."""
    path = path_of(feed(as_role("patient"), books.clinic.patient))
    assert read(app, path).status_code == 200
    transaction(lambda session: end(session, books))
    assert_hidden(app, path)


def test_a_carers_feed_ends_when_the_care_does(app: APIFlask, books: Books, as_role: Any):
    """And the patient's own goes on."""
    own = path_of(feed(as_role("patient"), books.clinic.patient))
    email = "analyst@bailey.example"
    transaction(lambda s: add_carer(s, s.get_one(Patient, books.clinic.patient), email))
    cares = path_of(feed(as_role("analyst"), books.clinic.patient))
    assert read(app, cares).status_code == 200
    transaction(
        lambda session: remove_carer(
            session, session.get_one(Patient, books.clinic.patient), books.clinic.users["analyst"]
        )
    )
    assert_hidden(app, cares)
    assert read(app, own).status_code == 200


def test_a_providers_feed_ends_with_the_provider(app: APIFlask, books: Books, as_role: Any):
    """Who is not active, or is another one now."""
    path = path_of(feed(as_role("provider")))
    books.set(Provider, books.clinic.provider, active=False)
    assert_hidden(app, path)
    answer = as_role("provider")("POST", "/calendar-feeds", {})
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "inactive")
    books.set(Provider, books.clinic.provider, active=True)
    assert read(app, path).status_code == 200
    books.set(User, books.clinic.users["provider"], provider_id=books.add_provider("Dr Other"))
    assert_hidden(app, path)


def test_a_revoked_feed_is_over_at_once(app: APIFlask, books: Books, as_role: Any):
    """For good, and only its owner revokes it."""
    patient = as_role("patient")
    made = feed(patient, books.clinic.patient)
    stranger = as_role("provider")("DELETE", f"/calendar-feeds/{made['id']}", version=1)
    assert stranger.status_code == 404
    assert patient("DELETE", f"/calendar-feeds/{made['id']}").status_code == 428
    answer = patient("DELETE", f"/calendar-feeds/{made['id']}", version=made["version"])
    assert answer.status_code == 204
    assert_hidden(app, path_of(made))
    assert patient.get("/calendar-feeds")["items"][0]["revoked_at"] is not None


@pytest.mark.parametrize(
    "secret", ["a", "A" * 42, "A" * 44, "A" * 4000, "%20" * 43, "%0A" + "A" * 43, "é" * 43, "%FF"]
)
def test_a_malformed_secret_is_like_a_wrong_one(app: APIFlask, secret: str):
    """Nothing tells how a right one looks."""
    assert_hidden(app, f"/calendars/{secret}.ics")


def test_a_feed_is_made_for_those_one_acts_for(app: APIFlask, books: Books, as_role: Any):
    """Not for others' patients, nor without saying for whom, nor any number of them."""
    patient = as_role("patient")
    other = patient("POST", "/calendar-feeds", {"patient_id": str(books.clinic.stranger)})
    assert other.status_code == 404
    nobody = patient("POST", "/calendar-feeds", {})
    assert nobody.status_code == 422
    assert nobody.get_json()["errors"][0]["field"] == "patient_id"
    provider = as_role("provider")
    theirs = provider("POST", "/calendar-feeds", {"patient_id": str(books.clinic.patient)})
    assert theirs.status_code == 404
    assert as_role("front_desk")("POST", "/calendar-feeds", {}).status_code == 403
    for _ in range(MOST):
        feed(patient, books.clinic.patient)
    full = patient("POST", "/calendar-feeds", {"patient_id": str(books.clinic.patient)})
    assert (full.status_code, full.get_json()["reason"]) == (409, "too_many")


def test_a_link_is_followed_so_often_and_no_more(settings: Settings):
    """Whoever follows it; another link is another's."""
    app = create_app(Settings(**{**vars(settings), "rate_limit": "600 per minute"}), HandClock())
    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()
        patient = Client(app, token_for(clinic.users["patient"]))
        paths = [path_of(feed(patient, clinic.patient)) for _ in range(2)]
        most = int(OF_LINK.split()[0])
        answers = [read(app, paths[0]).status_code for _ in range(most + 2)]
        assert answers == [200] * most + [429] * 2
        assert read(app, paths[1]).status_code == 200
        db.engine.dispose()


def test_a_feed_of_many_visits_is_read_with_few_queries(app: APIFlask, books: Books, as_role: Any):
    """However many there are."""
    path = path_of(feed(as_role("provider")))
    counts = []
    with app.app_context():
        for number in (1, 2):
            day = books.add_day(starts_at=START + timedelta(days=number), schedule=(1,) * 24)[0]
            for seat in seats_of(day):
                made = book(books.clinic, seat)
                transaction(
                    lambda session, made=made: session.add(
                        StatusChange(appointment_id=made, number=1, status="booked", at=NOW)
                    )
                )
            counts.append(_statements(app, path))
    assert counts[0] == counts[1]


def _statements(app: APIFlask, path: str) -> int:
    """Return how many statements an answer takes."""
    seen: list[str] = []

    def count(*given: Any) -> None:
        seen.append(given[2])

    event.listen(db.engine, "before_cursor_execute", count)
    assert read(app, path).status_code == 200
    event.remove(db.engine, "before_cursor_execute", count)
    return len(seen)


def test_everything_about_a_patient_has_the_feeds(books: Books, as_role: Any):
    """Without what opens them, and whoever made them."""
    feed(as_role("patient"), books.clinic.patient)
    told = as_role("patient").get(f"/patients/{books.clinic.patient}/export")
    (one,) = told["calendar_feeds"]
    assert one["patient_id"] == str(books.clinic.patient)
    assert not {"token_hash", "user_id"} & set(one)
