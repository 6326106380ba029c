"""The reports of replays and of forecasts' value in a real browser, at two widths."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pages import open_page
from tests.command import command

pytestmark = pytest.mark.browser

FIGURES = {
    "replay": {
        "cost", "differences", "parts", "reasons", "over-time-0", "appointments",
    },
    "forecast_value": {
        "value", "cost", "differences", "parts", "quality", "over-time", "appointments",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of each experiment, on few sessions."""
    folder = tmp_path_factory.mktemp("reports")
    paths = {}
    for name, sessions in (("replay", 20), ("forecast_value", 5)):
        done = command(
            f"+experiment={name}", f"{name}.synthetic.sessions={sessions}",
            f"{name}.synthetic.fewest=4", f"{name}.synthetic.most=5",
            f"{name}.bootstrap.resamples=200", f"hydra.run.dir={name}", cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        paths[name] = folder / name / "report.html"
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", list(FIGURES))
def test_every_picture_is_drawn_and_fits(
    browser: Browser, reports: dict[str, Path], name: str, width: int
):
    """Inside the page, with its titles; nothing logged, nothing fetched; tables beside them."""
    page, trouble = open_page(browser, reports[name], width)
    page.wait_for_selector("#plot-appointments .main-svg", state="attached")
    keys = {one.get_attribute("id") for one in page.locator(".plotly-graph-div").all()}
    assert {f"plot-{key}" for key in FIGURES[name]} <= keys
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator(".plot").all():
        outer = box.bounding_box()
        assert outer is not None
        for text in box.locator(".xtitle, .ytitle, .annotation-text").all():
            inner = text.bounding_box()
            assert inner is not None
            assert inner["x"] >= outer["x"] - 1, text.text_content()
            assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1, (
                text.text_content()
            )
    assert page.locator("table").count() == len(keys)
    assert trouble == []
    page.close()


def test_without_javascript_the_costs_are_still_drawn(browser: Browser, reports: dict[str, Path]):
    """A static picture, and the answer in words."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["replay"].as_uri())
    assert page.locator("noscript svg rect").count() == 6
    assert "optimised schedule is" in page.inner_text(".answer")
    context.close()
