"""The page of a comparison in a real browser, at desktop and phone width."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opt.compare.comparison import compare
from opt.compare.folder import Folder
from opt.compare.page import write_comparison
from opt.compare.plan import Plan, contenders_from
from opt.workers import LocalWorkers
from tests.browser.pages import open_page
from tests.opt.compare.hand_made import DEVICE
from tests.opt.compare.test_comparison import RULE, small_instance

pytestmark = pytest.mark.browser
STRATEGIES = [
    "exact",
    "local_search",
    "bailey_welch",
    {
        "name": "genetic",
        "generations": 12,
        "grid": {"population": [10, 20], "crossover_patients": [1, 3]},
    },
]


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of seven strategies on two instances, so that some lines have no name."""
    folder = Folder(tmp_path_factory.mktemp("comparison"))
    instances = (small_instance("short", 6.0), small_instance("long", 11.0))
    plan = Plan(instances, contenders_from(STRATEGIES), 2, RULE, RULE, DEVICE)
    folder.write_plan(plan)
    write_comparison(folder.path, compare(plan, folder, LocalWorkers()), start=9 * 60)
    return folder.path / "report.html"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_figures_are_drawn_fit_and_show_the_schedule_pointed_at(
    browser: Browser, page_path: Path, width: int
):
    """The bars are those of the iteration under the pointer; nothing is logged or fetched."""
    page, trouble = open_page(browser, page_path, width)
    page.wait_for_selector("#plot-parameters-genetic-long .main-svg", state="attached")
    assert page.locator("h1").count() == 1
    assert "Take " in page.inner_text(".answer")
    # One profile; five figures of each instance.
    assert page.locator(".plot").count() == 1 + 2 * 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator(".plot").all():
        place = box.bounding_box()
        assert place is not None
        assert place["x"] + place["width"] <= width
    page.locator("#plot-search-long").scroll_into_view_if_needed()
    shown = "document.getElementById('plot-pointed-long').data[0].y.join(' ')"
    points = page.locator("#plot-search-long .scatterlayer .trace").last.locator(".points path")
    points.first.hover(force=True)
    page.wait_for_selector("#plot-search-long .hovertext", state="attached")
    hover = page.locator("#plot-search-long .hoverlayer").text_content()
    assert hover is not None
    assert "iteration 1" in hover
    assert page.evaluate(shown) in hover
    assert sum(map(int, page.evaluate(shown).split())) == 4
    title = page.locator("#plot-pointed-long .gtitle").text_content()
    assert title is not None
    assert title in hover
    assert trouble == []
    page.close()
