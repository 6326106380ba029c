"""An administrator looks for a better schedule, in a browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from serve.jobs.worker import Worker
from tests.browser.looking import look
from tests.browser.website import Website, in_thread

pytestmark = pytest.mark.browser

PAGE = "/practice/optimise?compare=1&patients=8&intervals=24&interval_length=5&mean=12"


def work(website: Website) -> None:
    """Let a worker do what waits."""

    def do() -> None:
        with website.app.app_context():
            Worker(website.app).work()

    in_thread(do)


def figure(page: Page, kind: str) -> str:
    """Return a figure of the own schedule."""
    return page.locator(f"#price .{kind} b").inner_text()


def test_each_move_of_the_own_schedule_is_priced_at_once(browser: Browser, website: Website):
    """By the number, by the arrow keys and by the mouse; the latest wins."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}")
        page.get_by_text("Own schedule: patients per interval").click()
        first = page.locator("input[name=x]").first
        before = figure(page, "waiting")
        first.fill("2")
        expect(page.locator("#price .waiting b")).not_to_have_text(before)
        expect(page.locator("#price")).to_contain_text("9 patients")
        middle = figure(page, "waiting")
        first.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("input[name=x]").nth(1)).to_be_focused()
        assert page.locator("input[name=x]").nth(1).input_value() == "1"
        expect(page.locator("#price .waiting b")).not_to_have_text(middle)
        bar = page.locator("rect.own").first
        box = bar.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 2 * box["width"], y, steps=6)
        page.mouse.up()
        assert first.input_value() == "0"


def test_a_schedule_is_evaluated_without_javascript(browser: Browser, website: Website):
    """With a button."""
    with look(browser, 390, javascript=False) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}")
        page.get_by_text("Own schedule: patients per interval").click()
        page.locator("input[name=x]").first.fill("3")
        page.get_by_role("button", name="Compare with the best").click()
        expect(page.locator("#price")).to_contain_text("10 patients")


def test_a_compromise_is_picked_and_published(browser: Browser, website: Website):
    """From the search to the seats; the dot and the figures follow the slider."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}")
        page.get_by_role("button", name="Search the compromises").click()
        expect(page.get_by_role("button", name="Stop it")).to_be_visible()
        work(website)
        slider = page.get_by_label("Which compromise?")
        expect(slider).to_be_visible()
        before = page.locator("[data-point=waiting]").inner_text()
        slider.focus()
        page.keyboard.press("Home")
        assert page.locator("[data-point=waiting]").inner_text() != before
        assert page.get_by_label("Which schedule").input_value() == "0"
        page.get_by_label("Name").fill("Compromise")
        page.get_by_label("For visits of type").select_option(label="return")
        page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_role("heading", name="Compromise")).to_be_visible()
        page.get_by_label("To", exact=True).fill("2026-03-20")
        page.get_by_role("button", name="See what is published").click()
        expect(page.get_by_role("heading", name="Publish Compromise?")).to_be_visible()


def test_a_search_is_proved_or_stopped(browser: Browser, website: Website):
    """What comes out is kept with its certificate; what is stopped leaves nothing."""
    with look(browser, 390) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}")
        page.get_by_role("button", name="Search the best schedule").click()
        work(website)
        expect(page.get_by_text("No schedule costs less: that is proved.")).to_be_visible()
        page.goto(f"{website.address}{PAGE}")
        page.get_by_role("button", name="Search the best schedule").click()
        page.get_by_role("button", name="Stop it").click()
        expect(page.get_by_text("It was stopped before its end")).to_be_visible()


def test_what_cannot_be_a_session_is_told_beside_the_field(browser: Browser, website: Website):
    """And what was typed stays."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}&no_show=2")
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.locator("#field-no_show").input_value() == "2"
        assert page.locator("#field-patients").input_value() == "8"


def test_nobody_is_booked_in_a_break_or_above_a_capacity(browser: Browser, website: Website):
    """In the best schedule; of one's own it is told if it does."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}&capacity=1&breaks=09:10-09:20")
        expect(page.get_by_label("Nobody is booked")).to_have_value("09:10-09:20")
        assert page.locator("rect.blocked").count() == 2
        expect(page.get_by_text("It books somebody in a break")).to_have_count(0)
        page.get_by_text("Own schedule: patients per interval").click()
        page.locator("input[name=x]").nth(2).fill("2")
        page.get_by_role("button", name="Compare with the best").click()
        expect(page.get_by_text("It books somebody in a break")).to_be_visible()
        page.get_by_role("button", name="Take the best as mine").click()
        expect(page.get_by_text("It books somebody in a break")).to_have_count(0)
        counts = [int(one.input_value()) for one in page.locator("input[name=x]").all()]
        assert counts[2:4] == [0, 0]
        assert max(counts) == 1
        page.get_by_label("Strategy").select_option("local_search")
        page.get_by_role("button", name="Search the best schedule").click()
        work(website)
        expect(page.get_by_text("The best that was found")).to_be_visible()


@pytest.mark.parametrize(
    ("asked", "field", "value"),
    [
        ("patients=25&intervals=24&capacity=1", "#field-capacity", "1"),
        ("patients=8&intervals=24&breaks=09:00-11:00", "#field-breaks", "09:00-11:00"),
    ],
)
def test_what_no_schedule_can_meet_is_told_and_stays(
    browser: Browser, website: Website, asked: str, field: str, value: str
):
    """More patients than there are places, and a break that is the whole session."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/optimise?compare=1&{asked}")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator(field)).to_have_value(value)
        expect(page.get_by_role("heading", name="Is there a better schedule?")).to_be_visible()


@pytest.mark.parametrize("breaks", ["noon", "08:00-08:30", "10:00-09:30", "09:10-23:00"])
def test_breaks_that_are_none_are_told_beside_their_field(
    browser: Browser, website: Website, breaks: str
):
    """What was typed stays."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}{PAGE}&breaks={breaks}")
        expect(page.get_by_role("alert")).to_be_visible()
        field = page.locator("#field-breaks")
        expect(field).to_have_value(breaks)
        expect(field).to_have_attribute("aria-invalid", "true")


def test_sessions_are_closed_and_called_off(browser: Browser, website: Website):
    """With how many appointments that cancels."""
    with look(browser) as page:
        website.sign_in(page, "administrator")
        page.goto(f"{website.address}/practice/sessions?first=2026-03-16")
        page.locator("tbody a").first.click()
        page.get_by_role("button", name=re.compile("^Close it")).click()
        expect(page.get_by_text("Nobody books a seat of it any more.")).to_be_visible()
        page.get_by_text("Call it off").click()
        page.get_by_role("button", name="Call the session off").click()
        expect(page.get_by_text("The session is called off")).to_be_visible()
