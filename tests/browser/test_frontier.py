"""The frontier of the report in a real browser, at desktop and phone width."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import BASELINES, make_strategy, optimise
from opt.report.report import write_report
from tests.browser.pages import open_page

pytestmark = pytest.mark.browser

SESSION = ClinicSession(8, 18, 10.0, ServiceTime.gamma(18.0, 0.8), 0.05)
SHORT = {"weights": 12, "population": 20, "generations": 10}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report with two costs, and one with three."""
    paths = {}
    for idle in ("session", "makespan"):
        objective = Objective(SESSION, Weights(1, 0.2, 1), idle=idle)
        result = optimise(objective, make_strategy("pareto", SHORT))
        paths[idle] = tmp_path_factory.mktemp("reports") / f"{idle}.html"
        baselines = {rule: optimise(objective, rule) for rule in BASELINES}
        write_report(paths[idle], result, baselines, start=9 * 60)
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("idle", ["session", "makespan"])
def test_the_frontier_is_drawn_and_says_what_a_minute_costs(
    browser: Browser, reports: dict[str, Path], idle: str, width: int
):
    """It fits, marks the weights' schedule and the knee, and shows schedules on hover."""
    page, trouble = open_page(browser, reports[idle], width)
    plot = page.locator("#plot-frontier")
    plot.locator(".main-svg").first.wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    labels = plot.locator(".annotation-text").all_text_contents()
    assert labels == ["your weights", "knee"]
    section = page.locator("section", has=plot)
    words = section.locator("p").first.inner_text()
    assert "Your weights lead to" in words
    assert ("One minute less waiting costs" in words) == (idle == "session")
    plot.scroll_into_view_if_needed()
    line = plot.locator(".scatter.trace").nth(1)
    line.locator(".points path").nth(3).hover(force=True)
    hover = plot.locator(".hovertext").first
    hover.wait_for(state="attached")
    said = hover.text_content() or ""
    assert "min waiting" in said
    assert "minutes after the start" in said
    assert trouble == []
    page.close()
