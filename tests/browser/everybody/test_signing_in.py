"""Signing in, out, and one's account, in a browser."""

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import violations
from tests.browser.looking import look, overflows
from tests.browser.website import Website
from tests.serve.browser import PASSWORD

pytestmark = pytest.mark.browser


def test_who_signs_in_comes_to_the_page_that_was_asked_for(browser: Browser, website: Website):
    """And a wrong password is told beside what was typed."""
    with look(browser, 390) as page:
        page.goto(f"{website.address}/account")
        page.get_by_label("E-mail address").fill("patient@demo-clinic.example")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        assert page.get_by_role("alert").is_visible()
        assert page.get_by_label("E-mail address").input_value() == "patient@demo-clinic.example"
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        assert page.get_by_role("heading", name="Your account").is_visible()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.get_by_text("You are signed out.").wait_for()
        page.goto(f"{website.address}/account")
        assert "/sign-in" in page.url


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/sign-in", "/invitation", "/account", "/nothing"])
def test_everybody_can_use_the_pages_of_everybody(
    browser: Browser, website: Website, width: int, theme: str, path: str
):
    """With any eyes, hands and devices, as far as a program can tell."""
    with look(browser, width, theme) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}{path}")
        assert violations(page) == []
        assert not overflows(page)
