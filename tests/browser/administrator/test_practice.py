"""An administrator runs the practice, in a browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import look
from tests.browser.website import Website

pytestmark = pytest.mark.browser


def test_six_figures_are_told_against_the_plan(browser: Browser, website: Website):
    """With a line of weeks, a map of half-days and the numbers as tables."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Is the practice running as planned?"
        )
        assert page.locator(".tiles.six > li").count() == 6
        assert page.locator(".spark").count() == 6
        assert page.locator(".heat tbody tr").count() == 6
        expect(page.locator("#plot-providers .main-svg").first).to_be_visible()


def test_a_user_is_invited_and_changed_by_keyboard_alone(browser: Browser, website: Website):
    """And the last administrator stays one."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/users")
        page.get_by_label("Name").focus()
        page.keyboard.type("Dora Desk")
        page.keyboard.press("Tab")
        page.keyboard.type("dora@clinic.example")
        page.get_by_label("front desk").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Add and invite").focus()
        page.keyboard.press("Enter")
        expect(page.locator("code")).to_contain_text("/invitation?invitation=")
        page.goto(f"{website.address}/practice/users")
        page.get_by_role("link", name="Demo administrator").last.click()
        page.get_by_label("administrator", exact=True).uncheck()
        page.get_by_label("analyst", exact=True).check()
        page.get_by_role("button", name="Change it").click()
        expect(page.get_by_role("alert")).to_be_visible()


def test_settings_that_cannot_be_are_told_beside_their_field(browser: Browser, website: Website):
    """And those that can are changed."""
    with look(browser, 390) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/settings")
        page.get_by_label("Time zone").fill("Amsterdam")
        page.get_by_role("button", name="Change the settings").click()
        expect(page.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
        assert page.get_by_label("Time zone").input_value() == "Amsterdam"
        page.get_by_label("Time zone").fill("Europe/Berlin")
        page.get_by_label("Where patients reach you").fill("020 1234567")
        page.get_by_role("button", name="Change the settings").click()
        expect(page.get_by_text("The settings are changed.")).to_be_visible()
        expect(page.get_by_text("All times are those of Europe/Berlin.")).to_be_visible()


def test_a_file_is_tried_before_it_is_imported_and_taken_back(browser: Browser, website: Website):
    """With each problem by its line."""
    good = b"identifier,name,born_on\n900001,Ina Import,1980-01-02\n"
    bad = b"identifier,name,born_on\n900001,Ina Import,soon\n"
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/imports")
        for content, button in ((bad, "Try it"), (good, "Try it"), (good, "Import it")):
            page.get_by_label("What is in it").select_option("patients")
            page.get_by_label("File (CSV)").set_input_files(
                {"name": "patients.csv", "mimeType": "text/csv", "buffer": content}
            )
            page.get_by_role("button", name=re.compile(f"^{button}")).click()
            expect(page.locator("#report, .refusal").first).to_be_visible()
        expect(page.get_by_role("heading", name="Imported")).to_be_visible()
        page.locator(".list-group a").first.click()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Take the import back").click()
        expect(page.get_by_text("The import is taken back.")).to_be_visible()


def test_who_read_what_is_found(browser: Browser, website: Website):
    """By whom, and of which patient."""
    with look(browser) as page:
        website.sign_in(page, "front_desk")
        page.goto(f"{website.address}/desk/patients?name=a")
        page.goto(f"{website.address}/sign-in")
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/audit")
        page.get_by_label("By whom").select_option(label="Demo front desk")
        page.get_by_label("What").select_option("patient.read")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("tbody tr").first).to_contain_text("Demo front desk")
        page.locator("tbody a").first.click()
        expect(page.locator("tbody tr").first).to_be_visible()
