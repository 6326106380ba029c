"""A provider runs the day, plans and changes availability, in a browser."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from serve.booking.status import step
from serve.booking.who import THE_SERVICE
from serve.models import Appointment, ClinicDay, Seat, User
from tests.browser.looking import look
from tests.browser.website import Website

pytestmark = pytest.mark.browser


def next_visit(website: Website) -> Any:
    """Let the next patient of the demo's provider come, and return the name."""

    def work(session: Any) -> str:
        provider = session.scalar(
            select(User.provider_id).where(User.email == "provider@demo-clinic.example")
        )
        visit = session.scalars(
            select(Appointment)
            .join(Seat, Seat.id == Appointment.seat_id)
            .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
            .where(
                ClinicDay.provider_id == provider,
                Appointment.status == "booked",
                Appointment.starts_at > website.clock() - timedelta(hours=1),
            )
            .order_by(Appointment.starts_at)
        ).first()
        step(session, visit, "arrived", website.clock(), THE_SERVICE)
        return str(visit.id)

    return website.work(work)


def test_a_patient_is_called_and_seen_with_one_button_each(browser: Browser, website: Website):
    """On the phone; what happens elsewhere appears by itself."""
    with look(browser, 390) as page:
        website.sign_in(page, "provider")
        expect(page.get_by_text(re.compile("chance of overtime")).first).to_be_visible()
        page.wait_for_timeout(1500)  # Until its stream is open.
        visit = next_visit(website)
        row = page.locator(f"#visit-{visit}")
        expect(row.get_by_text("waiting since")).to_be_visible()
        page.locator(".next").first.get_by_role("button", name=re.compile("Start")).click()
        expect(page.get_by_text(re.compile("The consultation of .* began"))).to_be_visible()
        expect(page.locator(".next").first.get_by_text("in consultation since")).to_be_visible()
        website.clock.forward(minutes=12)
        page.locator(".next").first.get_by_role("button", name=re.compile("End")).click()
        expect(page.get_by_text(re.compile("is over"))).to_be_visible()
        expect(row.get_by_text("seen")).to_be_visible()


def test_the_day_is_run_by_keyboard_alone(browser: Browser, website: Website):
    """The button of the next patient is one of the first that one comes to."""
    with look(browser) as page:
        website.sign_in(page, "provider")
        page.locator("#main").focus()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.next button')"):
                break
        page.keyboard.press("Enter")
        expect(page.locator(".said .alert")).to_be_visible()


def test_the_day_list_needs_no_javascript(browser: Browser, website: Website):
    """Neither to be read, nor to note what happens."""
    with look(browser, 390, javascript=False) as page:
        website.sign_in(page, "provider")
        assert page.locator(".timeline svg").first.is_visible()
        page.get_by_role("button", name=re.compile("Arrived")).last.click()
        expect(page.get_by_text(re.compile("is here"))).to_be_visible()


def test_a_break_is_thought_of_and_taken(browser: Browser, website: Website):
    """First what it would change, and then it is done, and ended."""
    with look(browser) as page:
        website.sign_in(page, "provider")
        page.get_by_text("Break, or what if").first.click()
        page.get_by_role("link", name=re.compile("See first what a break")).first.click()
        page.get_by_label("A break from now").fill("20")
        page.get_by_role("button", name="See what changes").click()
        expect(page.get_by_text(re.compile("The session would finish"))).to_be_visible()
        page.get_by_role("link", name="Back to the day").click()
        page.get_by_text("Break, or what if").first.click()
        page.get_by_role("button", name="Begin a break now").first.click()
        expect(page.get_by_text(re.compile(r"Break until \d\d:\d\d\.")).first).to_be_visible()
        page.get_by_role("button", name="End the break").click()
        expect(page.get_by_text("The break is over.")).to_be_visible()


def test_a_change_of_availability_says_first_whom_it_touches(browser: Browser, website: Website):
    """A day away with patients booked; it is saved only then, and taken back."""
    with look(browser, 390) as page:
        website.sign_in(page, "provider")
        page.goto(f"{website.address}/provider/availability")
        page.get_by_role("link", name="Add a day away").click()
        page.get_by_label("Day").fill("2026-03-09")
        page.get_by_role("button", name="See what it changes").click()
        expect(page.get_by_text(re.compile("would lie outside of the sessions"))).to_be_visible()
        page.get_by_role("button", name="Save the change").click()
        expect(page.get_by_text("The exception is added.")).to_be_visible()
        page.get_by_role("button", name=re.compile("Take out")).click()
        page.get_by_role("button", name="Save the change").click()
        expect(page.get_by_text("That day is as the others again.")).to_be_visible()


def test_sessions_of_every_week_are_added(browser: Browser, website: Website):
    """With what was typed kept where something is missing."""
    with look(browser) as page:
        website.sign_in(page, "provider")
        page.goto(f"{website.address}/provider/availability")
        page.get_by_role("link", name="Add sessions of every week").click()
        page.get_by_label("Begins at").fill("15:30")
        page.get_by_role("button", name="See what it changes").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.get_by_label("Begins at").input_value() == "15:30"
        page.get_by_label("Tuesday").check()
        page.get_by_label("For", exact=False).first.fill("60")
        page.get_by_role("button", name="See what it changes").click()
        expect(page.get_by_text("No appointment is touched.")).to_be_visible()
        page.get_by_role("button", name="Save the change").click()
        expect(page.get_by_text("The sessions are added.")).to_be_visible()
