"""The report in a real browser, at desktop and phone width, with and without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from objective import ClinicSession, Objective, ServiceTime, WalkIns, Weights
from opt import BASELINES, MaximumEvaluations, make_strategy, optimise
from opt.report.report import write_report
from tests.browser.pages import open_page

pytestmark = pytest.mark.browser

SESSIONS = {
    "optimal": (ClinicSession(12, 36, 5.0, ServiceTime.gamma(13.0, 0.8), 0.05), "exact"),
    "heuristic": (ClinicSession(6, 12, 5.0, ServiceTime.exponential(9.0)), "genetic"),
    "walk-ins": (
        ClinicSession(
            5, 9, 7.5, ServiceTime.gamma(9.0, 0.5), 0.1, WalkIns(ServiceTime.gamma(5.0, 0.5), 0.1)
        ),
        "exact",
    ),
    "one patient": (ClinicSession(1, 1, 5.0, ServiceTime.exponential(9.0)), "exact"),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of each session."""
    folder = tmp_path_factory.mktemp("reports")
    paths = {}
    for name, (session, strategy) in SESSIONS.items():
        objective = Objective(session, Weights(1, 0.5, 1))
        parameters = {"generations": 20} if strategy == "genetic" else None
        chosen = make_strategy(strategy, parameters)
        result = optimise(objective, chosen, MaximumEvaluations(20_000))
        baselines = {rule: optimise(objective, rule) for rule in BASELINES}
        paths[name] = folder / f"{name}.html"
        write_report(paths[name], result, baselines, start=9 * 60)
    return paths


def open_report(browser: Browser, path: Path, width: int) -> tuple[Page, list[str]]:
    """Open a report, and wait for its history."""
    page, trouble = open_page(browser, path, width)
    page.wait_for_selector("#plot-history .main-svg", state="attached")
    return page, trouble


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", list(SESSIONS))
def test_every_picture_is_drawn_and_fits(
    browser: Browser, reports: dict[str, Path], name: str, width: int
):
    """Five pictures inside the page, nothing logged, nothing fetched."""
    page, trouble = open_report(browser, reports[name], width)
    assert page.locator(".main-svg").count() >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator(".plot").all():
        place = box.bounding_box()
        assert place is not None
        assert place["width"] > 250
        assert place["x"] + place["width"] <= width
        svg = box.locator(".main-svg").first.bounding_box()
        assert svg is not None
        assert svg["width"] <= place["width"] + 1
    assert trouble == []
    page.close()


def test_the_report_says_what_is_proved(browser: Browser, reports: dict[str, Path]):
    """In words, above everything else; and honestly where nothing is."""
    page, _ = open_report(browser, reports["optimal"], 1280)
    assert "no schedule of these 12 patients costs less than" in page.inner_text(".answer")
    assert page.locator("h1").count() == 1
    assert "uniform" not in page.inner_text("h1")
    page.close()
    page, _ = open_report(browser, reports["heuristic"], 1280)
    assert "is not proved" in page.inner_text(".answer")
    page.close()


def test_the_numbers_are_there_as_tables(browser: Browser, reports: dict[str, Path]):
    """One per picture; the schedule's adds up to all patients."""
    page, _ = open_report(browser, reports["optimal"], 1280)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.locator("table").count() == 5
    schedule = page.locator("section").first.locator("tbody td:nth-child(2)").all_inner_texts()
    assert sum(map(int, schedule)) == 12
    assert page.locator("section").nth(1).locator("tbody tr").count() == 12
    page.close()


def test_history_shows_each_schedule_on_hover(browser: Browser, reports: dict[str, Path]):
    """The best schedule of a generation and the time taken."""
    page, _ = open_report(browser, reports["heuristic"], 1280)
    page.locator("#plot-history").scroll_into_view_if_needed()
    points = page.locator("#plot-history .points path")
    points.last.hover(force=True)
    page.wait_for_selector("#plot-history .hovertext", state="attached")
    hover = page.locator("#plot-history .hoverlayer").text_content()
    assert hover is not None
    assert "schedules" in hover
    page.close()


def test_without_javascript_the_schedule_is_still_drawn(browser: Browser, reports: dict[str, Path]):
    """A static picture, and all tables."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["optimal"].as_uri())
    bars = page.locator("noscript svg rect")
    assert bars.count() > 0
    page.locator("summary").first.click()
    assert page.locator("table").first.is_visible()
    context.close()
