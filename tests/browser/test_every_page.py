"""Every page of every role: usable by anybody, in both themes and widths, whatever names are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Location, Patient, Practice, Provider, User
from serve.models.people import ROLES
from tests.browser.axe import violations
from tests.browser.full_practice import opened_full
from tests.browser.stops import PUBLIC, Stop, stops
from tests.browser.walking import Theme, walking
from tests.browser.website import Website

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = 390
SCRIPT = "<script>alert(1)</script>"
#: Names that are written from right to left, with a digit that would jump if it were not isolated.
RIGHT_TO_LEFT = ("ד״ר נועה כהן 7", "عمر حسن ٣")
#: Elements in which a name cannot say its own direction, and those that are not shown.
NO_DIRECTION = "option, title, svg, script, style, [data-figure]"
#: Names beneath a node that does not leave the direction to them.
ASTRAY = """([names, exempt]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent, place = walker.currentNode.parentElement;
    if (names.some(name => text.includes(name)) && !place.closest(exempt)
        && !place.closest('[dir=auto], bdi')) found.push(text.trim());
  }
  return found;
}"""


@pytest.fixture(scope="module")
def full(full_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The practice as it is opened by `start --demo`, some minutes later."""
    with opened_full(tmp_path_factory.mktemp("full"), full_file) as website:
        yield website


@pytest.fixture(scope="module")
def hostile(full_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """The same practice, whose people and places have names that could do harm."""
    with opened_full(tmp_path_factory.mktemp("hostile"), full_file) as website:
        website.work(_rename)
        yield website


def _rename(session: Session) -> None:
    names = (SCRIPT, *RIGHT_TO_LEFT)
    for number, patient in enumerate(session.scalars(select(Patient).order_by(Patient.email))):
        patient.name = names[number % len(names)]
        if patient.user_id is not None:
            patient.name = SCRIPT
    # No two have the same name: the first keeps it as it is.
    for number, provider in enumerate(session.scalars(select(Provider).order_by(Provider.name))):
        provider.name = names[number % len(names)] + "!" * (number // len(names))
    for model in (Practice, Location):
        session.scalars(select(model)).first().name = SCRIPT
    for user in session.scalars(select(User)):
        user.name = RIGHT_TO_LEFT[0]


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "light"), (1280, "dark")])
@pytest.mark.parametrize("role", ROLES)
def test_everybody_can_use_every_page(
    browser: Browser, full: Website, role: str, width: int, theme: Theme
):
    """It is there, fits its window, has no script in it, and axe finds nothing.

    On the phone at all its addresses, elsewhere at the first at which it is.
    """
    wrong: list[str] = []
    with walking(browser, full, role, width, theme) as walk:
        for stop in stops(full, role):
            for number, path in enumerate(walk.through(stop, wrong)):
                if number == 0 and walk.page.locator("main").count():
                    wrong += [f"{path}: {one}" for one in violations(walk.page)]
                if width > PHONE:
                    break
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "light"), (1280, "dark")])
def test_nobody_needs_to_sign_in_for_some(
    browser: Browser, full: Website, width: int, theme: Theme
):
    """And these are as usable as all others."""
    wrong: list[str] = []
    with walking(browser, full, "", width, theme) as walk:
        for path in PUBLIC:
            _, found = walk.wrong_at(path)
            wrong += [f"{path}: {one}" for one in (*found, *violations(walk.page))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("width", "theme"),
    [(PHONE, "dark"), pytest.param(1280, "light", marks=pytest.mark.nightly)],
)
@pytest.mark.parametrize("role", ROLES)
def test_names_are_shown_as_they_are_and_do_nothing(
    browser: Browser, hostile: Website, role: str, width: int, theme: Theme
):
    """A script is a text, and what is written from right to left moves nothing beside it."""
    wrong: list[str] = []
    seen = 0
    with walking(browser, hostile, role, width, theme) as walk:
        for stop in stops(hostile, role):
            for path in walk.through(stop, wrong):
                if SCRIPT in walk.source:
                    wrong.append(f"{path}: a name is a script")
                seen += SCRIPT in walk.page.locator("body").inner_text()
                astray = walk.page.evaluate(ASTRAY, [list(RIGHT_TO_LEFT), NO_DIRECTION])
                wrong += [f"{path}: {one!r} has no direction of its own" for one in astray]
                if width > PHONE:
                    break
    assert not wrong, "\n".join(wrong)
    # The name of the practice is on all of them.
    assert seen


def test_each_page_has_an_address(full: Website):
    """So that none is left out."""
    walked = {stop.name for role in ROLES for stop in stops(full, role)}
    assert {"everybody-account", "demo-about"} <= walked
    assert all(isinstance(stop, Stop) and stop.paths for stop in stops(full, "administrator"))
