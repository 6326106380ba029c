"""Playing the day of the demo practice in browsers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from serve.demo.playing import Playing
from tests.browser.axe import violations
from tests.browser.full_practice import begin_time, settings_of
from tests.browser.looking import look, overflows
from tests.browser.website import Website, opened_with

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def website(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The demo practice with simulated time, and what a worker does for it."""
    folder = tmp_path_factory.mktemp("played")
    with opened_with(settings_of(folder, "true"), demo_file, begin_time) as made, played(made):
        yield made


@contextmanager
def played(website: Website) -> Iterator[None]:
    """Let happen what is due, as a worker does."""
    stop = threading.Event()
    thread = threading.Thread(target=Playing(website.app).run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()


def time_on(page: Page) -> str:
    """Return the simulated time that a page shows."""
    return page.locator("#demo-time b").text_content() or ""


@pytest.mark.slow
def test_one_plays_the_day_and_another_sees_it(browser: Browser, website: Website):
    """The time goes on in both, without anything being loaded anew, until somebody pauses."""
    with look(browser) as page, look(browser, 390) as other:
        website.sign_in(page, "front_desk")
        website.sign_in(other, "provider")
        page.goto(f"{website.address}/account")
        other.goto(f"{website.address}/account")
        assert time_on(page) == time_on(other) == "Wed 4 Mar, 10:10"
        page.get_by_role("button", name="Play the day").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        website.clock.forward(seconds=5)
        expect(page.locator("#demo-time b")).to_have_text("Wed 4 Mar, 10:15")
        other.reload()
        expect(other.locator("#demo-time b")).to_have_text("Wed 4 Mar, 10:15")
        other.get_by_role("button", name="Pause").click()
        expect(other.get_by_role("button", name="Play the day")).to_be_visible()
        # Who played it is told so within some seconds.
        expect(page.get_by_role("button", name="Play the day")).to_be_visible()
        assert page.url.endswith("/account")


def test_patients_come_when_the_clock_is_put_forward(browser: Browser, website: Website):
    """And every page that listens is told."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/demo")
        before = page.evaluate(
            "fetch('/api/v1/events').then(answer => answer.json()).then(told => told.last_id)"
        )
        page.get_by_role("button", name="+15 min").click()
        page.get_by_text("now.").wait_for()
        kinds = page.evaluate(
            "after => fetch(`/api/v1/events?after=${after}`).then(answer => answer.json())"
            ".then(told => told.items.map(one => one.kind))",
            before,
        )
        assert {"appointment.arrived", "appointment.in_consultation"} & set(kinds)


def test_the_day_is_played_by_keyboard_alone(browser: Browser, website: Website):
    """And the button that took its place has the focus."""
    with look(browser, 390) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/account")
        page.get_by_role("button", name="Play the day").focus()
        page.keyboard.press("Enter")
        pause = page.get_by_role("button", name="Pause")
        pause.wait_for()
        pause.focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Play the day").wait_for()


def test_the_day_is_played_without_javascript(browser: Browser, website: Website):
    """By forms, each of which leads back to its page."""
    with look(browser, 390, javascript=False) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/account")
        page.get_by_role("button", name="Play the day").click()
        page.get_by_role("button", name="Pause").click()
        before = time_on(page)
        page.get_by_role("button", name="+15 min").click()
        assert time_on(page) != before
        assert page.url.endswith("/account")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_the_day_is_over_and_the_next_one_begins(
    browser: Browser, website: Website, width: int, theme: str
):
    """Whoever was signed in still is; everybody can use the buttons all the while."""
    with look(browser, width, theme) as page:
        website.sign_in(page, "patient")
        page.goto(f"{website.address}/demo")
        assert violations(page) == []
        assert not overflows(page)
        page.get_by_role("button", name="Play the day").click()
        page.get_by_role("button", name="Pause").wait_for()
        assert violations(page) == []
        assert not overflows(page)
        following = page.get_by_role("button", name="Go on to")
        for _ in range(60):
            website.clock.forward(seconds=20)
            page.wait_for_timeout(300)
            page.reload()
            if following.is_visible():
                break
        assert "the day is over" in page.locator("#demo-time").inner_text()
        assert violations(page) == []
        assert not overflows(page)
        today = time_on(page)
        following.click()
        page.get_by_text("now.").wait_for()
        assert time_on(page)[:10] != today[:10]
        assert time_on(page).endswith(("08:25", "08:55", "12:55"))
