"""The patient's page on the day of a visit, and offers that wait for an answer, in a browser."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.status import step
from serve.booking.who import THE_SERVICE
from serve.live.watching import Watching
from serve.models import Appointment, ClinicDay, Patient, Seat
from tests.browser.full_practice import half_a_day_happens, offer_a_seat
from tests.browser.looking import look, overflows
from tests.browser.website import NOW, Website, in_thread, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def website(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The demo practice in the middle of its morning, with an offer for the demo's patient."""
    with opened(tmp_path_factory.mktemp("website"), demo_file) as made:
        made.work(half_a_day_happens)
        made.work(offer_a_seat)
        look_at_days(made)
        yield made


def look_at_days(website: Website) -> None:
    """Let what is expected be computed anew, as a worker does twice a second."""

    def work() -> None:
        with website.app.app_context():
            Watching(website.app).look()

    in_thread(work)


def own_visit(session: Session) -> Appointment:
    """Return the visit that the demo's patient has today."""
    patient = session.scalars(select(Patient).where(Patient.user_id.is_not(None))).one()
    return session.scalars(
        select(Appointment).where(
            Appointment.patient_id == patient.id,
            Appointment.status.in_(("booked", "arrived")),
            Appointment.starts_at < NOW + timedelta(hours=12),
        )
    ).one()


def nobody_else_comes(session: Session, now: datetime) -> None:
    """Let whoever is booked before the demo's patient, at a moment that is past, not come."""
    visit = own_visit(session)
    assert visit.seat is not None
    others = session.scalars(
        select(Appointment)
        .join(Seat, Seat.id == Appointment.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(ClinicDay.id == visit.seat.clinic_day_id, Appointment.starts_at <= now)
    )
    for one in others:
        if one.status == "booked":
            step(session, one, "no_show", now, THE_SERVICE)
        elif one.status == "in_consultation":
            step(session, one, "completed", now, THE_SERVICE)


def test_a_visit_whose_notice_is_over_offers_no_other_times(browser: Browser, website: Website):
    """Neither with a link nor by its address; it is said whom to call instead."""
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my")
        expect(page.get_by_text("It is too late to change or cancel it here")).to_be_visible()
        identifier = website.work(lambda session: own_visit(session).id)
        page.goto(f"{website.address}/my/find?appointment_id={identifier}")
        expect(page.get_by_text("It is too late to change or cancel it here")).to_be_visible()
        expect(page.get_by_role("link", name=re.compile(r"^\d\d:\d\d"))).to_have_count(0)


def test_an_offer_stands_once_and_is_taken_with_one_button(browser: Browser, website: Website):
    """Above the visits, with until when; then it is a visit like the others."""
    with look(browser) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my")
        expect(page.get_by_text("It is kept for you until")).to_be_visible()
        expect(page.get_by_text("not booked yet")).to_have_count(0)
        take = page.get_by_role("button", name=re.compile("Take "))
        words = take.inner_text().removeprefix("Take ")
        take.click()
        expect(page.get_by_text(f"{words} is booked.")).to_be_visible()
        page.goto(f"{website.address}/my")
        expect(page.get_by_role("button", name=re.compile("Take "))).to_have_count(0)
        expect(page.get_by_role("heading", name=re.compile(f"{words}$"))).to_be_visible()


def test_a_time_that_was_not_booked_soon_enough_is_not_kept(browser: Browser, website: Website):
    """The page offers no button that would be refused, and it counts as no visit."""
    with look(browser) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my")
        past = page.locator("#past summary").inner_text()
        page.goto(f"{website.address}/my/find")
        page.locator(".first button").click()
        expect(page.get_by_text("Kept for you until")).to_be_visible()
        website.clock.moment += timedelta(minutes=20)
        page.reload()
        expect(page.get_by_text("This time is not kept for you any longer.")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("^Book "))).to_have_count(0)
        page.goto(f"{website.address}/my")
        expect(page.get_by_text("not booked yet")).to_have_count(0)
        assert page.locator("#past summary").inner_text() == past


def test_the_expected_start_stands_first_and_moves_by_itself(browser: Browser, website: Website):
    """On a phone; with the interval, who comes before, and what to do if one is late."""
    starts_at = website.work(lambda session: own_visit(session).starts_at)
    assert starts_at is not None
    website.clock.moment = starts_at - timedelta(minutes=5)
    look_at_days(website)
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my")
        answer = page.locator("[data-tells]")
        expect(answer).to_have_text(re.compile(r"Expected at \d\d:\d\d \(between .* and .*\)"))
        before = answer.inner_text()
        box = answer.bounding_box()
        assert box is not None
        assert box["y"] < 900
        expect(page.get_by_text("If you will be late")).to_be_visible()
        expect(page.get_by_text(re.compile("patients? comes? before you"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("From now, "))).to_be_visible()
        assert not overflows(page)
        page.wait_for_timeout(1500)  # Until its stream is open.
        website.work(lambda session: nobody_else_comes(session, website.clock.moment))
        look_at_days(website)
        expect(answer).not_to_have_text(before)
        expect(page.get_by_text("You are next.")).to_be_visible()
