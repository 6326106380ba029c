"""The patient's preferences, calendar feed, data and those cared for, in a browser."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Carer, Patient, Preference, User
from tests.browser.looking import look
from tests.browser.patient.conftest import first_time, give_account
from tests.browser.website import Website
from tests.serve.browser import PASSWORD

pytestmark = pytest.mark.browser


def prefer(session: Session, times: list[list[str]], weekdays: list[str]) -> None:
    """Let the demo's patient prefer times of day and days, and want no reminders."""
    patient = session.scalars(
        select(Patient).join(User, User.id == Patient.user_id).where(User.email.startswith("pat"))
    ).one()
    kept = session.scalar(select(Preference).where(Preference.patient_id == patient.id))
    if kept is None:
        kept = Preference(patient_id=patient.id)
        session.add(kept)
    kept.providers, kept.weekdays, kept.times = [], weekdays, times
    kept.notices = {"channels": ["email"], "reminder_hours": [], "delay_every_minutes": 20}


def preferred(session: Session) -> Preference:
    """Return what the demo's patient prefers."""
    return session.scalars(
        select(Preference)
        .join(Patient, Patient.id == Preference.patient_id)
        .join(User, User.id == Patient.user_id)
        .where(User.email.startswith("patient@"))
    ).one()


def care_for(session: Session) -> None:
    """Let the demo's patient act for the patient of another account, who is called Ada."""
    patient = give_account(session)
    patient.name = "Ada Other"
    carer = session.scalars(select(User).where(User.email.startswith("patient@"))).one()
    session.add(Carer(patient_id=patient.id, user_id=carer.id))


def test_times_that_suit_are_offered_first(browser: Browser, website: Website):
    """Before earlier ones that do not; whoever asks for something else gets that."""
    website.work(lambda session: prefer(session, [["13:10", "18:00"]], ["wednesday"]))
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/find?first=2026-03-09")
        expect(page.get_by_text("The first that meets your preferences:")).to_be_visible()
        assert page.locator(".first button").inner_text().startswith("Wed")
        assert first_time(page) >= "13:10"
        expect(page.get_by_role("heading", name=re.compile("Monday 9 March"))).to_be_visible()
        page.get_by_role("link", name="Mon", exact=True).click()
        expect(page.get_by_text("The first that is free:")).to_be_visible()
        assert page.locator(".first button").inner_text().startswith("Mon")


def test_wishes_that_the_form_has_no_words_for_are_kept(browser: Browser, website: Website):
    """Times of one's own, that no reminder is wanted, and how often delays are told."""
    website.work(lambda session: prefer(session, [["08:00", "12:00"]], []))
    with look(browser) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/preferences")
        expect(page.get_by_label("08:00–12:00")).to_be_checked()
        expect(page.get_by_label("a reminder before a visit")).not_to_be_checked()
        page.get_by_label("in the afternoon").check()
        page.get_by_role("button", name="Keep my wishes").click()
        expect(page.get_by_text("Your wishes are kept.")).to_be_visible()
        kept = website.work(preferred)
        assert sorted(kept.times) == [["08:00", "12:00"], ["12:00", "23:59"]]
        assert kept.notices["opted_out"] == ["reminder"]
        assert kept.notices["delay_every_minutes"] == 20


def test_a_reminder_that_cannot_be_is_told_beside_its_field(browser: Browser, website: Website):
    """What was typed stays, and the summary leads to the field."""
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/preferences")
        page.get_by_label("Reminders before a visit").fill("24, soon")
        page.get_by_label("Tue").check()
        page.get_by_role("button", name="Keep my wishes").click()
        expect(page.get_by_role("alert")).to_be_focused()
        field = page.get_by_label("Reminders before a visit")
        expect(field).to_have_value("24, soon")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Tue")).to_be_checked()
        page.get_by_role("alert").get_by_role("link", name="Reminder hours").click()
        expect(page).to_have_url(re.compile("#field-reminder_hours$"))


def test_a_calendar_is_given_an_address_and_loses_it(browser: Browser, website: Website):
    """The address is shown once, and is good for a calendar until it is ended."""
    with look(browser) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/calendar")
        page.get_by_label("For which calendar").fill("my phone")
        page.get_by_role("button", name="Make an address").click()
        address = page.locator("code").inner_text()
        answer = page.request.get(address)
        assert answer.text().startswith("BEGIN:VCALENDAR")
        page.goto(f"{website.address}/my/calendar")
        assert address not in page.content()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="End it my phone").click()
        expect(page.get_by_text("That calendar is not told")).to_be_visible()
        assert page.request.get(address).status == 404


def test_a_carer_stays_with_whom_it_is_about(browser: Browser, website: Website):
    """From the waiting list to the visits; a stranger's list is not there."""
    website.work(care_for)
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/waiting-list")
        page.get_by_label("For whom?").select_option(label="Ada Other")
        page.wait_for_url(re.compile("whom="))
        page.get_by_role("button", name="Join the waiting list").click()
        expect(page.get_by_text("You are on the waiting list.")).to_be_visible()
        expect(page.get_by_label("For whom?").locator("option:checked")).to_have_text("Ada Other")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Stop waiting").click()
        expect(page.get_by_text("You are not on the waiting list any more.")).to_be_visible()
        expect(page.get_by_label("For whom?").locator("option:checked")).to_have_text("Ada Other")
        stranger = website.work(
            lambda session: session.scalars(
                select(Patient.id).where(Patient.user_id.is_(None))
            ).first()
        )
        answer = page.goto(f"{website.address}/my/waiting-list?whom={stranger}")
        assert answer is not None
        assert answer.status == 404


def test_data_are_taken_away_and_then_erased_once_one_is_sure(browser: Browser, website: Website):
    """The file has the visits; without the tick nothing is erased; afterwards nobody signs in."""
    website.work(lambda session: give_account(session, "nora@demo-clinic.example", new=True))
    with look(browser, 390) as page:
        website.sign_in_as(page, "nora@demo-clinic.example")
        page.goto(f"{website.address}/my/data")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download my data").click()
        told = json.loads(download.value.path().read_text())
        assert told["patient"]["name"] == "Nora New"
        assert told["appointments"] == []
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Erase my data").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("I know that this cannot be undone.").check()
        page.get_by_role("button", name="Erase my data").click()
        expect(page.get_by_text("Your data are erased.")).to_be_visible()
        page.goto(f"{website.address}/sign-in")
        page.get_by_label("E-mail address").fill("nora@demo-clinic.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
