"""The browser that pages are looked at in, and a made-up practice to look at."""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.full_practice import make_full_file
from tests.browser.looking import PATIENCE
from tests.browser.website import Website, make_demo_file, opened
from tests.serve.conftest import postgres_tables, sqlite_tables  # noqa: F401 (fixtures)

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Debian's chromium, headless."""
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        yield playwright.chromium.launch(executable_path=chromium, args=quiet)


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the demo practice: made once, also where several processes test."""
    return _once(tmp_path_factory, "demo-practice", make_demo_file) / "demo.db"


@pytest.fixture(scope="session")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the demo practice with something to show on every page: made once, too."""
    return _once(tmp_path_factory, "full-practice", make_full_file) / "bailey.db"


def _once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """Return a folder in which something is made once, also where several processes test."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):
        shared = shared.parent
    folder = shared / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make(folder)
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="module")
def website(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The demo practice, one for all tests of a file."""
    with opened(tmp_path_factory.mktemp("website"), demo_file) as made:
        yield made
