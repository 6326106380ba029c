"""The buttons that play the day: for whoever is signed in, once, and without JavaScript."""

import re
from contextvars import Context
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from serve.database import reading, transaction
from serve.demo.clock import PLAYED
from serve.models import Appointment, Practice, User, UserRole
from serve.models.people import ROLES
from tests.serve.booking.conftest import add_day
from tests.serve.browser import PASSWORD, give_password
from tests.serve.conftest import NOW
from tests.serve.demo.conftest import STARTS, MadeUp


class Apart(FlaskClient):
    """A client whose requests know nothing of the test's own application context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        return Context().run(lambda: FlaskClient.open(self, *args, **kwargs))


class Somebody:
    """A browser of a user."""

    def __init__(self, made_up: MadeUp, role: str = "patient", email: str = "") -> None:
        self.client = Apart(made_up.app, made_up.app.response_class)
        user = made_up.clinic.users[role]
        give_password(user)
        sent = {"email": email or f"{role}@bailey.example", "password": PASSWORD}
        assert self.client.post("/sign-in", data=sent).status_code == 303

    def page(self, path: str = "/account", **headers: str) -> str:
        """Return a page."""
        answer = self.client.get(path, headers={"Accept": "text/html"} | headers)
        assert answer.status_code == 200
        return answer.text

    def press(self, button: str, page: str = "", **more: Any) -> TestResponse:
        """Press a button of a page, of the account's if none is given."""
        form = next(
            part for part in (page or self.page()).split("<form")
            if f'action="/demo/{button}"' in part
        )  # fmt: skip
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        return self.client.post(
            f"/demo/{button}", data=fields, headers={"Accept": "text/html"}, **more
        )


@pytest.mark.parametrize("role", ROLES)
def test_everybody_of_the_practice_plays_the_day(made_up: MadeUp, role: str):
    """And comes back to the page on which the button was."""
    somebody = Somebody(made_up, role)
    assert somebody.press("play").location == "/account"
    assert made_up.clock.playing
    made_up.machine.forward(seconds=30)
    assert made_up.clock() == NOW + timedelta(seconds=30 * PLAYED)
    assert somebody.press("pause").status_code == 303
    assert not made_up.clock.playing


def test_nobody_plays_it_without_signing_in(made_up: MadeUp):
    """And no other site plays it for somebody."""
    client = Apart(made_up.app, made_up.app.response_class)
    answer = client.post("/demo/play", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert "/sign-in" in answer.location
    signed_in = Somebody(made_up).client
    assert signed_in.post("/demo/play", headers={"Accept": "text/html"}).status_code == 403
    assert not made_up.clock.playing


def test_a_quarter_of_an_hour_is_put_forward_once(made_up: MadeUp):
    """Whoever presses the same button again, or another person's at the same time."""
    first, second = Somebody(made_up), Somebody(made_up, "provider")
    page, other = first.page(), second.page()
    assert first.press("forward", page).status_code == 303
    assert "It is 09:30 now." in first.page()
    assert second.press("forward", other).status_code == 303
    assert first.press("forward", page).status_code == 303
    assert made_up.clock() == NOW + timedelta(minutes=15)
    with reading() as session:
        assert session.scalars(select(Appointment).where(Appointment.status == "completed")).all()


def test_nobody_puts_it_far_forward(made_up: MadeUp):
    """A made-up form is refused, and the clock stays."""
    somebody = Somebody(made_up)
    page = re.sub(r'name="to" value="[^"]*"', 'name="to" value="2026-04-01T10:00:00Z"',
                  somebody.page())  # fmt: skip
    assert somebody.press("forward", page).status_code == 422
    assert made_up.clock() == NOW


def test_the_next_day_is_offered_once_this_one_is_over_and_ends_no_session(made_up: MadeUp):
    """Two who press it go on by one day."""

    def tomorrow(session: Session) -> None:
        add_day(session, made_up.clinic, STARTS + timedelta(days=1))
        add_day(session, made_up.clinic, STARTS + timedelta(days=2))

    transaction(tomorrow)
    first, second = Somebody(made_up), Somebody(made_up, "provider")
    assert "/demo/next-day" not in first.page()
    presses = 0
    while "/demo/forward" in first.page():
        first.press("forward")
        presses += 1
        assert presses < 30
    page, other = first.page(), second.page()
    assert "the day is over" in page
    assert "/demo/play" not in page
    assert first.press("next-day", page).status_code == 303
    assert second.press("next-day", other).status_code == 303
    assert made_up.clock() == STARTS + timedelta(days=1, minutes=-5)
    assert "Play the day" in first.page()
    assert "It is Tuesday 3 March 2026 now." in second.page()


def test_the_day_is_not_left_before_it_is_over(made_up: MadeUp):
    """A made-up form is refused."""
    somebody = Somebody(made_up)
    page = (
        somebody.page().replace("/demo/forward", "/demo/next-day").replace('name="to"', 'name="x"')
    )
    page = page.replace('name="x"', 'name="day" value="2026-03-03"><input name="y"')
    assert somebody.press("next-day", page).status_code in (409, 422)
    assert made_up.clock() == NOW


def test_only_the_time_is_shown_anew_until_other_buttons_are_needed(made_up: MadeUp):
    """What a page asks for every few seconds."""
    somebody = Somebody(made_up)
    asked = {"HX-Request": "true", "HX-Current-URL": "http://localhost/account?a=b"}
    answer = somebody.client.get("/demo?state=going", headers=asked)
    assert "HX-Retarget" not in answer.headers
    assert "<html" not in answer.text
    assert 'name="back" value="/account?a=b"' in answer.text
    somebody.press("play")
    answer = somebody.client.get("/demo?state=going", headers=asked)
    assert answer.headers["HX-Retarget"] == "#demo-panel"


def test_another_practice_sees_nothing_of_it(made_up: MadeUp):
    """Should somebody add one by hand."""

    def work(session: Session) -> None:
        practice = Practice(name="Welch", zone="Europe/Amsterdam")
        session.add(practice)
        session.flush()
        user = User(practice_id=practice.id, email="a@welch.example", name="A")
        user.roles = [UserRole(role="administrator")]
        session.add(user)
        session.flush()
        made_up.clinic.users["elsewhere"] = user.id

    transaction(work)
    somebody = Somebody(made_up, "elsewhere", "a@welch.example")
    assert "demo-panel" not in somebody.page()
    token = re.search(r'name="csrf_token" value="([^"]+)"', somebody.page())
    assert token is not None
    sent = somebody.client.post(
        "/demo/play", data={"csrf_token": token[1]}, headers={"Accept": "text/html"}
    )
    assert sent.status_code == 404


def test_names_are_shown_as_they_are(made_up: MadeUp):
    """Whatever the practice is called."""

    def work(session: Session) -> None:
        session.get_one(Practice, made_up.clinic.practice).name = "<script>alert(1)</script>"

    transaction(work)
    assert "<script>alert" not in Somebody(made_up).page()
