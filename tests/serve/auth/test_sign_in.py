"""Signing in, sessions, and what ends them."""

import threading
import time
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from apiflask import APIFlask
from argon2 import PasswordHasher
from sqlalchemy import select, text

from serve import create_app
from serve.database import db, reading, transaction
from serve.models import AuditEntry, User
from serve.settings import Settings
from tests.serve.browser import PASSWORD, Browser, give_password
from tests.serve.conftest import Clinic, HandClock

EMAIL = "administrator@bailey.example"
WRONG = "vijf rode fietsen in de regen"


@pytest.fixture
def browser(app: APIFlask, clinic: Clinic) -> Browser:
    """The administrator's, not signed in."""
    with app.app_context():
        give_password(clinic.users["administrator"])
    return Browser(app)


def audited(app: APIFlask) -> list[tuple[str, Any]]:
    """Return actions and users of the audit, in order."""
    with app.app_context(), reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.action, entry.user_id) for entry in entries]


def test_a_user_signs_in_and_out(app: APIFlask, browser: Browser, clinic: Clinic):
    """The answer says who that is, and what the user may do; the audit has both."""
    answer = browser.sign_in(EMAIL.upper())
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert told["roles"] == ["administrator"]
    assert told["permissions"]["audit.read"] == "practice"
    assert told["permissions"]["token.change"] == "own"
    assert browser("GET", "/account").get_json() == told
    assert browser("POST", "/account/sign-out").status_code == 204
    assert not browser.signed_in
    user = clinic.users["administrator"]
    assert audited(app)[0] == ("account.sign_in", user)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser):
    """HttpOnly and SameSite; the e-mail address is not in it."""
    answer = browser.sign_in(EMAIL)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("bailey=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_a_cookie_over_https_only(app: APIFlask, browser: Browser, settings: Settings):
    """By a setting, and then bound to this host by its name."""
    secure = create_app(replace(settings, secure_cookies="true"), app.config["CLOCK"])
    cookie = Browser(secure).sign_in(EMAIL).headers["Set-Cookie"]
    assert cookie.startswith("__Host-bailey=")
    assert "Secure" in cookie
    with secure.app_context():
        db.engine.dispose()


def test_wrong_passwords_lock_the_account_ever_longer(
    app: APIFlask, browser: Browser, clock: HandClock
):
    """Fifteen minutes after five, then twice as long after each; the right one sets it back."""
    for _ in range(5):
        assert browser.sign_in(EMAIL, WRONG).status_code == 401
    refused = browser.sign_in(EMAIL)
    assert refused.status_code == 401
    clock.forward(minutes=14)
    assert browser.sign_in(EMAIL).status_code == 401
    clock.forward(minutes=1)
    assert browser.sign_in(EMAIL, WRONG).status_code == 401
    clock.forward(minutes=29)
    assert browser.sign_in(EMAIL).status_code == 401
    clock.forward(minutes=1)
    assert browser.sign_in(EMAIL).status_code == 200
    for _ in range(4):
        browser.sign_in(EMAIL, WRONG)
    assert browser.sign_in(EMAIL).status_code == 200
    with app.app_context(), reading() as session:
        assert session.scalar(select(User.version).where(User.email == EMAIL)) == 2


def test_an_account_is_not_locked_for_longer_than_a_day(
    app: APIFlask, browser: Browser, clock: HandClock
):
    """However many passwords were wrong."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text('UPDATE "user" SET failed_sign_ins = 1000000'))
    browser.sign_in(EMAIL, WRONG)
    clock.forward(hours=23, minutes=59)
    assert browser.sign_in(EMAIL).status_code == 401
    clock.forward(minutes=1)
    assert browser.sign_in(EMAIL).status_code == 200


def test_guesses_that_come_at_once_are_counted_one_by_one(app: APIFlask, browser: Browser):
    """Sixteen at once: five count, and the right one does not slip through after them."""
    threads = [
        threading.Thread(target=lambda: Browser(app).sign_in(EMAIL, WRONG)) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert browser.sign_in(EMAIL).status_code == 401
    with app.app_context(), reading() as session:
        assert session.scalar(select(User.failed_sign_ins).where(User.email == EMAIL)) == 5


def test_everybody_who_may_not_sign_in_gets_the_same_answer(
    app: APIFlask, browser: Browser, clinic: Clinic
):
    """Unknown, without a password, inactive, locked, or with a wrong password."""
    with app.app_context():
        give_password(clinic.users["provider"])

        def work(session: Any) -> None:
            session.get(User, clinic.users["provider"]).active = False

        transaction(work)
    answers = [
        browser.sign_in(f"{who}@bailey.example", password)
        for who, password in (
            ("nobody", PASSWORD),
            ("patient", PASSWORD),
            ("provider", PASSWORD),
            ("administrator", WRONG),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    entries = audited(app)
    assert [user for _, user in entries] == [
        None, clinic.users["patient"], clinic.users["provider"], clinic.users["administrator"],
    ]  # fmt: skip
    assert {action for action, _ in entries} == {"account.sign_in_failed"}


def test_an_unknown_user_takes_as_long_as_a_wrong_password(browser: Browser):
    """Within a third, by the median of several; of the processor, which others do not slow down."""

    def seconds(email: str) -> float:
        began = time.process_time()
        browser.sign_in(email, WRONG)
        return time.process_time() - began

    pairs = [(seconds(EMAIL), seconds("nobody@bailey.example")) for _ in range(9)]
    known, unknown = (median(side) for side in zip(*pairs, strict=True))
    assert 0.67 < known / unknown < 1.5


def test_a_session_ends_by_itself(browser: Browser, clock: HandClock):
    """After an hour without a request, and after twelve hours in any case."""
    browser.sign_in(EMAIL)
    clock.forward(minutes=59)
    assert browser.signed_in
    clock.forward(minutes=59)
    assert browser.signed_in
    clock.forward(minutes=60)
    assert not browser.signed_in
    browser.sign_in(EMAIL)
    for _ in range(14):
        clock.forward(minutes=50)
        assert browser.signed_in
    clock.forward(minutes=20)
    assert not browser.signed_in


def test_all_sessions_end_at_once(app: APIFlask, browser: Browser):
    """Also a copy of the cookie."""
    other = Browser(app)
    other.sign_in(EMAIL)
    browser.sign_in(EMAIL)
    assert other.signed_in
    assert browser("POST", "/account/sign-out-everywhere").status_code == 204
    assert not browser.signed_in
    assert not other.signed_in
    assert other.sign_in(EMAIL).status_code == 200


def test_an_inactive_user_has_no_session(app: APIFlask, browser: Browser, clinic: Clinic):
    """From the next request on, and still none when active again."""
    other = Browser(app)
    with app.app_context():
        give_password(clinic.users["front_desk"])
    browser.sign_in(EMAIL)
    other.sign_in("front_desk@bailey.example")
    path = f"/users/{clinic.users['front_desk']}"
    for active in (False, True):
        version = browser("GET", path).headers["ETag"]
        answer = browser("PATCH", path, {"active": active}, **{"If-Match": version})
        assert answer.status_code == 200, answer.text
        assert not other.signed_in


def test_a_password_is_changed(app: APIFlask, browser: Browser):
    """It ends the other sessions; the old one is needed, and the new one must be a good one."""
    other = Browser(app)
    other.sign_in(EMAIL)
    browser.sign_in(EMAIL)
    path, new = "/account/password", "zes paarse fietsen in de zon"
    for sent, field in (
        ({"old": WRONG, "new": new}, "old"),
        ({"old": PASSWORD, "new": "administrator"}, "new"),
        ({"old": PASSWORD, "new": "short"}, "new"),
        ({"old": PASSWORD}, "new"),
        ({"old": PASSWORD, "new": "x" * 257}, "new"),
    ):
        answer = browser("POST", path, sent)
        assert answer.status_code == 422, answer.text
        assert answer.get_json()["errors"][0]["field"] == field
        assert sent.get("new", "nothing") not in answer.text
    answer = browser("POST", path, {"old": PASSWORD, "new": new})
    assert answer.status_code == 200, answer.text
    assert not other.signed_in
    assert browser.signed_in
    assert browser.csrf != answer.get_json()["csrf_token"]
    assert other.sign_in(EMAIL).status_code == 401
    assert other.sign_in(EMAIL, new).status_code == 200
    assert "account.change_password" in [action for action, _ in audited(app)]


def test_wrong_present_passwords_count_as_guesses(browser: Browser):
    """Whoever finds an open session does not find out the password."""
    browser.sign_in(EMAIL)
    for _ in range(5):
        browser("POST", "/account/password", {"old": WRONG, "new": "zes paarse fietsen"})
    right = browser("POST", "/account/password", {"old": PASSWORD, "new": "zes paarse fietsen"})
    assert right.status_code == 422
    assert browser.sign_in(EMAIL).status_code == 401


def test_an_outdated_hash_is_made_anew(app: APIFlask, browser: Browser):
    """At the next sign-in."""
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text('UPDATE "user" SET password_hash = :weak'), {"weak": weak})
    assert browser.sign_in(EMAIL).status_code == 200
    with app.app_context(), reading() as session:
        kept = session.scalar(select(User.password_hash).where(User.email == EMAIL))
    assert kept != weak
    assert browser.sign_in(EMAIL).status_code == 200


def test_a_change_by_a_session_needs_the_sessions_own_token(app: APIFlask, browser: Browser):
    """Not none, not another session's, not the one of before; reading needs none."""
    other = Browser(app)
    other.sign_in(EMAIL)
    browser.sign_in(EMAIL)
    earlier = browser.csrf
    browser.sign_in(EMAIL)
    right = browser.csrf
    for csrf in (None, "", "ä", earlier, other.csrf):
        browser.csrf = csrf
        answer = browser("POST", "/providers", {"name": "Dr Kaandorp"})
        assert answer.status_code == 403, csrf
        assert browser("DELETE", "/patients/x").status_code == 404
        assert browser.signed_in
    browser.csrf = right
    assert browser("POST", "/providers", {"name": "Dr Kaandorp"}).status_code == 201


def test_a_form_of_another_site_does_not_sign_in(browser: Browser):
    """Nor can it send JSON without asking first."""
    sent = {"email": EMAIL, "password": PASSWORD}
    for more in ({"data": sent}, {"data": str(sent), "content_type": "text/plain"}):
        answer = browser.client.post("/api/v1/account/sign-in", **more)
        assert answer.status_code in (400, 415, 422)
        assert "Set-Cookie" not in answer.headers


def test_a_forged_cookie_is_none(app: APIFlask, browser: Browser, clinic: Clinic):
    """Signed with another key, or cut."""
    answer = browser.sign_in(EMAIL)
    value = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    signer = app.session_interface.get_signing_serializer(app)
    forged = type(signer)("another key", salt=signer.salt).dumps({"_user_id": "x"})
    whole = signer.dumps({"_user_id": f"{clinic.users['administrator']}.0"})
    odd = signer.dumps({"_user_id": "nobody.x", "since": "x"})
    for cookie in (forged, value[:-2], value[2:], "", "a.b.c", whole, odd):
        stranger = Browser(app)
        stranger.client.set_cookie("bailey", cookie)
        assert not stranger.signed_in
