"""Walking through pages one after the other, and what is wrong with each."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Response

from tests.browser.looking import PATIENCE, overflows, trouble_of
from tests.browser.stops import Stop
from tests.browser.website import Website

Theme = Literal["light", "dark"]
#: What nobody's browser keeps of a page, and what no other page does with it.
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}
#: A page that answers so at one address may answer otherwise at another.
ELSEWHERE = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@dataclass
class Walk:
    """Somebody who walks through the pages.

    Attributes
    ----------
    trouble
        What the browser complains of.
    source
        What was sent of the page at which it is, if that is a text.
    dialogs
        What scripts asked or said.
    """

    website: Website
    page: Page
    trouble: list[str]
    source: str = ""
    dialogs: list[str] = field(default_factory=list)

    def go(self, path: str) -> Response:
        """Open a page, with its plots drawn; return its answer."""
        self.trouble.clear()
        answer = self.page.goto(f"{self.website.address}{path}", wait_until="load")
        assert answer is not None
        for plot in self.page.locator("[data-figure]").all():
            if plot.is_visible():
                plot.locator(".main-svg").first.wait_for()
        return answer

    def wrong_at(self, path: str) -> tuple[int, list[str]]:
        """Open a page; return its status, and what is wrong with what was sent and with its looks.

        Of an address that answers with a part of a page, only what was sent is looked at.
        """
        answer = self.go(path)
        text = "text/html" in answer.headers.get("content-type", "")
        self.source = answer.text() if text else ""
        wrong = [*of_headers(answer), *of_source(self.source), *self.trouble]
        if is_page(self.source) and overflows(self.page):
            wrong.append("it is wider than its window")
        wrong += [f"a dialog: {one}" for one in self.dialogs]
        return answer.status, wrong

    def through(self, stop: Stop, wrong: list[str]) -> Iterator[str]:
        """Open a page at one address after the other, and give each at which it is.

        Parameters
        ----------
        wrong
            To which is added what is wrong at the addresses, and that the page is at none of them.
        """
        there = False
        for path in stop.paths:
            status, found = self.wrong_at(path)
            wrong += [f"{path}: {one}" for one in found]
            if status == HTTPStatus.OK:
                there = True
                yield path
            elif status not in ELSEWHERE:
                wrong.append(f"{path}: {status}")
        if not there:
            wrong.append(f"{stop.name} is at none of {stop.paths}")


@contextmanager
def walking(
    browser: Browser, website: Website, role: str, width: int, theme: Theme
) -> Iterator[Walk]:
    """Give somebody with a role, or without one, in a window of a width."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, locale="en-GB"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    walk = Walk(website, page, trouble_of(page))

    def said(dialog: Any) -> None:
        walk.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", said)
    if role:
        website.sign_in(page, role)
    yield walk
    context.close()


def is_page(source: str) -> bool:
    """Return whether what was sent is a page and no part of one."""
    return "<html" in source


def of_headers(answer: Response) -> list[str]:
    """Return what is wrong with the headers of a page."""
    headers = answer.headers
    wrong = [
        f"{name} is {headers.get(name)!r} and not {value!r}"
        for name, value in HEADERS.items()
        if headers.get(name) != value
    ]
    policy = headers.get("content-security-policy", "")
    if (
        "unsafe" in policy
        or "default-src 'none'" not in policy
        or "script-src 'self'" not in policy
    ):
        wrong.append(f"the policy is {policy!r}")
    return wrong


class _Written(HTMLParser):
    """Finds scripts and styles that are written into a page."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        given = dict(attrs)
        data = given.get("type") in ("application/json", "application/ld+json")
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.wrong.append(f"a {tag} is written into it")
        for name, value in attrs:
            if name == "style" or re.match(r"on[a-z]|hx-on", name):
                self.wrong.append(f"{tag} has the attribute {name}")
            if value is not None and value.strip().lower().startswith("javascript:"):
                self.wrong.append(f"{tag} has a script in {name}")


def of_source(source: str) -> list[str]:
    """Return which scripts and styles are written into a page."""
    written = _Written()
    written.feed(source)
    return written.wrong
