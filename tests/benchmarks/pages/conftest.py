"""The demo practice, and a browser that loads its pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.full_practice import make_full_file, opened_full
from tests.browser.screenshots import QUIET
from tests.browser.website import Website


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Debian's chromium, headless."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=QUIET)


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The practice with something on every page, without the buttons of the demo."""
    practice = make_full_file(tmp_path_factory.mktemp("made"))
    with opened_full(tmp_path_factory.mktemp("website"), practice, demo=False) as made:
        yield made
