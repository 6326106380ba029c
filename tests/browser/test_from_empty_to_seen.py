"""From an empty practice to a patient who was seen: everybody's pages, one after the other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from serve.models import Practice, User, UserRole
from serve.settings import Settings
from tests.browser.looking import look
from tests.browser.website import Website, in_thread, serving
from tests.serve.browser import PASSWORD, give_password
from tests.serve.conftest import KEY, database

pytestmark = pytest.mark.browser

ADMINISTRATOR = "administrator@demo-clinic.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Website]:
    """A practice with an administrator and nothing else, on each database."""
    with database(request, request.param, tmp_path) as url:
        settings = Settings(home=str(tmp_path), database_url=url, secret_key=KEY, rate_limit="")
        with serving(settings, empty=True) as website:
            user = website.work(_administrator)
            in_thread(lambda: _password(website, user))
            yield website


def _administrator(session: Session) -> object:
    practice = Practice(name="Harbour clinic", zone="Europe/Amsterdam", contact="020 1234567")
    session.add(practice)
    session.flush()
    user = User(practice_id=practice.id, email=ADMINISTRATOR, name="Ada Administrator")
    user.roles = [UserRole(role="administrator")]
    session.add(user)
    session.flush()
    return user.id


def _password(website: Website, user: object) -> None:
    with website.app.app_context():
        give_password(user, PASSWORD)  # type: ignore[arg-type]


def invited(page: Page, name: str, role: str, provider: str = "") -> str:
    """Add a user by the administrator's page; return the link of the invitation."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name.split()[0].lower()}@harbour.example")
    page.get_by_label(role, exact=True).check()
    if provider:
        page.get_by_label("Which provider").select_option(label=provider)
    page.get_by_role("button", name="Add and invite").click()
    return page.locator("code").inner_text()


def accept(page: Page, link: str, email: str) -> None:
    """Choose a password with an invitation, and sign in."""
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow
def test_an_empty_practice_sees_its_first_patient(browser: Browser, empty: Website):
    """Set up, optimised, published, booked, run, and measured against the plan."""
    with look(browser) as admin, look(browser) as desk, look(browser, 390) as doctor:
        empty.sign_in(admin, "administrator")
        expect(admin.get_by_role("heading", name="Getting started")).to_be_visible()

        admin.get_by_role("link", name="Add a location").click()
        admin.get_by_label("Name").fill("Harbour house")
        admin.get_by_role("button", name="Add the location").click()
        admin.get_by_role("link", name="Bailey").click()
        admin.get_by_role("link", name="Add a type of visit").click()
        admin.get_by_role("link", name="Add a type of visit").click()
        admin.get_by_label("Name").fill("return")
        admin.get_by_role("button", name="Add the type of visit").click()
        admin.get_by_role("link", name="Bailey").click()
        admin.get_by_role("link", name="Add a provider").click()
        admin.get_by_label("Name").fill("Dr Welch")
        admin.get_by_role("button", name="Add the provider").click()
        expect(admin.get_by_text("Say when clinic is held.")).to_be_visible()

        admin.get_by_role("link", name="Add sessions of every week").click()
        for day in ("Monday", "Wednesday", "Thursday"):
            admin.get_by_label(day).check()
        admin.get_by_label("Begins at").fill("10:30")
        admin.get_by_role("button", name="See what it changes").click()
        admin.get_by_role("button", name="Save the change").click()
        expect(admin.get_by_text("The sessions are added.")).to_be_visible()

        admin.goto(f"{empty.address}/practice/optimise")
        admin.get_by_label("For visits of type").select_option(label="return")
        admin.get_by_role("button", name="Compare with the best").click()
        expect(admin.get_by_text("that is proved")).to_be_visible()
        admin.get_by_role("button", name="Take the best as mine").click()
        expect(admin.get_by_text("Your schedule is as good as the best one.")).to_be_visible()
        admin.get_by_label("Name", exact=True).fill("Mornings")
        admin.get_by_role("button", name="Keep my schedule").click()
        expect(admin.get_by_text("Mornings is kept.")).to_be_visible()
        admin.get_by_label("To", exact=True).fill("2026-03-12")
        admin.get_by_role("button", name="See what is published").click()
        expect(admin.get_by_text("sessions get seats.")).to_be_visible()
        admin.get_by_role("button", name=re.compile("^Publish")).click()
        expect(admin.get_by_text("sessions are published.")).to_be_visible()

        admin.goto(f"{empty.address}/practice/users")
        at_desk = invited(admin, "Dora Desk", "front desk")
        admin.goto(f"{empty.address}/practice/users")
        welch = invited(admin, "Wim Welch", "provider", "Dr Welch")

        accept(desk, at_desk, "dora@harbour.example")
        desk.get_by_role("link", name="Book", exact=True).click()
        desk.get_by_role("link", name="Register a new patient").click()
        desk.get_by_label("Name").fill("Pia Patient")
        desk.get_by_role("button", name="Register and book").click()
        desk.get_by_role("button", name=re.compile("^Book 10:30")).first.click()
        expect(desk.get_by_text("Pia Patient is booked on")).to_be_visible()
        empty.clock.forward(minutes=15)
        desk.get_by_role("button", name=re.compile("Arrived")).click()

        accept(doctor, welch, "wim@harbour.example")
        expect(doctor.get_by_text("here since")).to_be_visible()
        empty.clock.forward(minutes=10)
        doctor.locator(".next").get_by_role("button", name=re.compile("Start")).click()
        empty.clock.forward(minutes=9)
        doctor.locator(".next").get_by_role("button", name=re.compile("End")).click()
        expect(doctor.get_by_text("Nobody is waited for.")).to_be_visible()

        empty.clock.forward(days=1)
        admin.goto(f"{empty.address}/sign-in")
        empty.sign_in(admin, "administrator")
        tile = admin.locator(".tiles .waiting")
        expect(tile.get_by_text("5.0 min", exact=True)).to_be_visible()
        expect(tile.get_by_text("planned 0.0 min")).to_be_visible()
