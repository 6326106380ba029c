"""The page of an allocation in a real browser, at desktop and phone width."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from opt.allocate import allocate, example
from opt.allocate.page import write_allocation_page
from tests.browser.pages import open_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a crowded clinic."""
    path = tmp_path_factory.mktemp("allocation") / "report.html"
    write_allocation_page(path, allocate(example(60, providers=2, days=10), gap=0.02))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_every_picture_is_drawn_and_fits(browser: Browser, page_path: Path, width: int):
    """Heat map, groups and reasons inside the page, nothing logged, nothing fetched."""
    page, trouble = open_page(browser, page_path, width)
    for key in ("use", "groups", "unserved"):
        page.wait_for_selector(f"#plot-{key} .main-svg", state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "requests have a place" in page.inner_text(".answer")
    assert "Why requests have no place" in page.inner_text("header")
    for summary in page.locator("summary").all():
        summary.click()
    assert page.locator("table").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == []
    page.close()
