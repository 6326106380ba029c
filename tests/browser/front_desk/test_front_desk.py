"""The front desk registers, books by phone and notes who came, in a browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import look, without_news
from tests.browser.website import Website

pytestmark = pytest.mark.browser

#: Names that a page could take for a part of itself, or write the wrong way round.
NAMES = ("<script>alert(1)</script> Ng", "ليلى حداد", "דנה לוי")


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_is_registered_booked_and_seen(browser: Browser, website: Website, name: str):
    """By phone, for today; then on the day list; each step can be undone."""
    with look(browser) as page:
        website.sign_in(page, "front_desk")
        page.get_by_role("link", name="Book", exact=True).click()
        page.get_by_role("link", name="Register a new patient").click()
        page.get_by_label("Name").fill(name)
        page.get_by_label("Born on").fill("1980-05-04")
        page.get_by_role("button", name="Register and book").click()
        expect(page.get_by_text(f"{name} is registered.")).to_be_visible()
        page.get_by_role("button", name=re.compile(r"^Book \d\d:\d\d")).first.click()
        expect(page.get_by_text(re.compile(f"{re.escape(name)} is booked on"))).to_be_visible()
        row = page.get_by_role("row").filter(has_text=name)
        row.get_by_role("button", name=re.compile("Arrived")).click()
        expect(page.get_by_text(f"{name} is here.")).to_be_visible()
        expect(row.get_by_text("waiting since")).to_be_visible()
        page.locator(".said").get_by_role("link", name="Undo").click()
        page.get_by_text("More").click()
        page.get_by_role("button", name=re.compile("Undo the last step")).click()
        expect(page.get_by_text("is taken back")).to_be_visible()
        row.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_visit_is_booked_by_phone_without_javascript(browser: Browser, website: Website):
    """With forms and links alone, and the day list too."""
    with look(browser, 390, javascript=False) as page:
        website.sign_in(page, "front_desk")
        page.goto(f"{website.address}/desk/book")
        page.get_by_label("Name").fill("a")
        page.get_by_role("button", name="Search").click()
        page.locator(".list-group-item a").first.click()
        page.get_by_role("button", name=re.compile(r"^Book \d\d:\d\d")).last.click()
        expect(page.get_by_text(re.compile("is booked on"))).to_be_visible()
        page.goto(f"{website.address}/desk")
        page.get_by_role("button", name=re.compile("Arrived")).first.click()
        expect(page.get_by_text(re.compile("is here"))).to_be_visible()


@pytest.mark.slow
def test_a_booking_appears_on_another_list_by_itself(browser: Browser, website: Website):
    """And of two who want the last seat one is told, and offered others."""
    with look(browser) as one, look(browser) as other, look(browser) as third:
        for page in (one, other, third):
            website.sign_in(page, "front_desk")
        without_news(other, "/desk/book")
        for page, name in ((one, "b"), (other, "c")):
            page.goto(f"{website.address}/desk/book?name={name}")
            page.locator(".list-group-item a").first.click()
            page.get_by_label("What for?").select_option(label="new")
            page.get_by_role("link", name="Mon", exact=True).click()
        third.goto(f"{website.address}/desk?day=2026-03-09")
        before = third.locator("tbody tr").count()
        third.wait_for_timeout(1500)  # Until its stream is open.
        value = one.locator("button[name=seat_id]").first.get_attribute("value")
        one.locator(f"button[value='{value}']").first.click()
        expect(third.locator("tbody tr")).to_have_count(before + 1)
        other.evaluate(
            """value => {
                const button = document.querySelector("button[name=seat_id]");
                button.value = value;
            }""",
            value,
        )
        other.locator("button[name=seat_id]").first.click()
        expect(other.get_by_role("alert")).to_be_visible()
        expect(other.get_by_role("heading", name="The nearest other times")).to_be_visible()
        other.locator("#nearest + ul button[name=seat_id]").first.click()
        expect(other.get_by_text(re.compile("is booked on"))).to_be_visible()


def test_a_walk_in_is_registered_by_keyboard_alone(browser: Browser, website: Website):
    """From the search to the provider's session."""
    with look(browser) as page:
        website.sign_in(page, "front_desk")
        page.goto(f"{website.address}/desk/walk-in")
        page.get_by_label("Name").focus()
        page.keyboard.type("da")
        page.keyboard.press("Enter")
        page.locator(".list-group-item a").first.focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name=re.compile("^To Dr")).first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile("waits as a walk-in"))).to_be_visible()
        expect(page.get_by_text("walk-in", exact=True).first).to_be_visible()


def test_what_was_typed_stays_where_a_record_is_refused(browser: Browser, website: Website):
    """With what is wrong beside its field."""
    with look(browser, 390) as page:
        website.sign_in(page, "front_desk")
        page.goto(f"{website.address}/desk/patients/new")
        page.get_by_label("Name").fill("Ada Lovelace")
        page.get_by_label("Telephone").fill("call me")
        page.get_by_role("button", name="Register and book").click()
        expect(page.get_by_role("alert")).to_be_focused()
        assert page.get_by_label("Name").input_value() == "Ada Lovelace"
        assert page.get_by_label("Telephone").get_attribute("aria-invalid") == "true"


def test_the_day_list_is_printed_without_buttons(browser: Browser, website: Website):
    """Only who comes when, and with whom."""
    with look(browser) as page:
        website.sign_in(page, "front_desk")
        page.emulate_media(media="print")
        assert not page.get_by_role("button").first.is_visible()
        assert not page.get_by_role("navigation").is_visible()
        assert page.get_by_role("row").nth(3).is_visible()
