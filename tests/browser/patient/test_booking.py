"""A patient finds a time, books it, moves it and cancels it, in a browser."""

import re
from datetime import date
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import look, without_news
from tests.browser.patient.conftest import ANOTHER, first_time, give_account, leave_one_seat
from tests.browser.website import Website

pytestmark = pytest.mark.browser


def test_a_time_is_found_booked_moved_and_cancelled(browser: Browser, website: Website):
    """The page says what happened after each step, and how to undo it."""
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/find")
        time = first_time(page)
        page.locator(".first button").click()
        expect(page.get_by_text("Kept for you until")).to_be_visible()
        page.get_by_role("button", name=f"Book {time}").click()
        expect(page.get_by_text(f"{time} is booked.")).to_be_visible()
        page.get_by_role("link", name="Change or cancel it").first.click()
        page.goto(f"{website.address}/my/find?first=2026-03-09")
        page.locator(".first button").click()
        page.get_by_role("button", name=re.compile("Book ")).click()
        page.get_by_text("is booked").get_by_role("link", name="Change or cancel it").click()
        page.get_by_role("link", name="Find another time").click()
        page.get_by_role("link", name=re.compile(r"^13:\d\d")).last.click()
        page.get_by_role("button", name=re.compile("Move to ")).click()
        expect(page.get_by_text("Your visit is now at")).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Cancel this visit").click()
        expect(page.get_by_text("Your visit is cancelled.")).to_be_visible()


def test_a_visit_is_booked_without_javascript(browser: Browser, website: Website):
    """With forms and links alone."""
    with look(browser, 390, javascript=False) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/my/find")
        page.get_by_role("link", name="Wed", exact=True).click()
        page.get_by_label("With whom?").select_option(label="Dr Ito")
        page.get_by_role("button", name="Show").click()
        time = first_time(page)
        page.locator(".first button").click()
        page.get_by_role("button", name=f"Book {time}").click()
        expect(page.get_by_text(f"{time} is booked.")).to_be_visible()


def test_a_visit_is_booked_by_keyboard_alone(browser: Browser, website: Website):
    """From the sign-in to the booking; where the focus is can be seen."""
    with look(browser) as page:
        website.sign_in(page, "patient")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        press_until(page, "Find a time")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/my/find"))
        time = first_time(page)
        page.locator("#main").focus()
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('.first') !== null"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/my/visits/"))
        press_until(page, f"Book {time}")
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{time} is booked.")).to_be_visible()


def press_until(page: Page, text: str) -> None:
    """Go from one thing to the next until one of them says something."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == text:
            return
    raise AssertionError(f"the keyboard does not reach {text!r}")


def test_of_two_patients_who_take_the_last_seat_one_is_offered_others(
    browser: Browser, website: Website
):
    """The nearest first, even if none is as it was looked for; what was looked for stays."""
    website.work(give_account)
    last = leave_one_seat(website, date(2026, 3, 16))
    with look(browser) as one, look(browser) as other:
        website.sign_in(one, "patient")
        website.sign_in_as(other, ANOTHER)
        without_news(other, "/my/find")
        for page in (one, other):
            page.goto(f"{website.address}{last}")
            expect(page.locator("section button")).to_have_count(1)
        one.locator(".first button").click()
        one.get_by_role("button", name=re.compile("Book ")).click()
        expect(one.get_by_text("is booked.")).to_be_visible()
        other.locator(".first button").click()
        expect(other.get_by_role("alert")).to_be_visible()
        expect(other.get_by_role("heading", name="The nearest other times")).to_be_visible()
        expect(other.get_by_text("Nothing is free from Mon 16 Mar")).to_be_visible()
        expect(other.get_by_label("With whom?")).not_to_have_value("")
        other.locator("#nearest + .chips button").first.click()
        expect(other.get_by_text("Kept for you until")).to_be_visible()


def test_a_patient_is_told_that_another_took_a_time(browser: Browser, website: Website):
    """Though nobody is told of the visits of others; what was opened stays open."""
    # Two without visits or preferences, who are offered the same: of a day with many free times
    # the first that somebody prefers need not be among those that another is shown.
    newcomers = ("newcomer@demo-clinic.example", "later-newcomer@demo-clinic.example")
    for email in newcomers:
        website.work(partial(give_account, email=email, new=True))
    with look(browser) as one, look(browser) as other:
        for page, email in zip((one, other), newcomers, strict=True):
            website.sign_in_as(page, email)
            page.goto(f"{website.address}/my/find?first=2026-03-11")
        value = one.locator(".first button").get_attribute("value")
        other.locator("#grid summary").click()
        other.locator("#grid summary").focus()
        expect(other.locator(f"button[value='{value}']").first).to_be_visible()
        one.locator(".first button").click()
        expect(other.locator(f"button[value='{value}']")).to_have_count(0)
        expect(other.locator("#grid")).to_have_attribute("open", "")
        expect(other.locator("#grid summary")).to_be_focused()


@pytest.mark.slow
def test_a_booking_appears_in_another_browser_by_itself(browser: Browser, website: Website):
    """Where its time is not offered any more, and among the visits."""
    with look(browser) as one, look(browser) as other, look(browser) as third:
        for page in (one, other, third):
            website.sign_in(page, "patient")
        one.goto(f"{website.address}/my/find?first=2026-03-10")
        other.goto(f"{website.address}/my/find?first=2026-03-10")
        third.goto(f"{website.address}/my")
        value = one.locator(".first button").get_attribute("value")
        expect(other.locator(f"button[value='{value}']").first).to_be_visible()
        other.wait_for_timeout(1500)  # Until its stream is open.
        before = third.locator("#visits .panel").count()
        one.locator(".first button").click()
        expect(other.locator(f"button[value='{value}']")).to_have_count(0)
        expect(third.locator("#visits .panel")).to_have_count(before + 1)
