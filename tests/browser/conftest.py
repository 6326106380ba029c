"""The browser that pages are looked at in, and a made-up practice to look at."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.website import Website, make_demo_file, opened


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Debian's chromium, headless."""
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        yield playwright.chromium.launch(executable_path=chromium, args=quiet)


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the demo practice: made once, also where several processes test."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):
        shared = shared.parent
    folder = shared / "demo-practice"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make_demo_file(folder)
            (folder / "done").touch()
    return folder / "demo.db"


@pytest.fixture(scope="module")
def website(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The demo practice, one for all tests of a file."""
    with opened(tmp_path_factory.mktemp("website"), demo_file) as made:
        yield made
