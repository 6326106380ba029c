"""A page in a browser that nothing goes wrong in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page

#: Milliseconds that a page may take to become what is expected, on a busy machine.
PATIENCE = 30_000
#: What the console says of an answer that is a refusal: the test sees that itself.
REFUSED = "Failed to load resource: the server responded with a status of 4"
#: What it says of the style for maps that plotly would add to a page, none of which has a map.
MAPS = "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"


@contextmanager
def look(
    browser: Browser,
    width: int = 1280,
    theme: Literal["light", "dark"] = "light",
    javascript: bool = True,
) -> Iterator[Page]:
    """Give a page of somebody who was never here; at the end, nothing must have gone wrong in it.

    Parameters
    ----------
    width
        In pixels: 390 for a phone, 1280 for a desk.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme,
        java_script_enabled=javascript, locale="en-GB",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    trouble = trouble_of(page)
    yield page
    context.close()
    assert not trouble


def without_news(page: Page, path: str) -> None:
    """Let no part of a page renew itself, as where the line is slow just then.

    Parameters
    ----------
    path
        The page's, as a pattern.
    """
    page.route(
        f"**{path}*",
        lambda route: (
            route.fulfill(status=204)
            if route.request.method == "GET" and "hx-request" in route.request.headers
            else route.continue_()
        ),
    )


def trouble_of(page: Page) -> list[str]:
    """Return what goes wrong in a page from now on, to which it is added."""
    trouble: list[str] = []
    page.on(
        "console",
        lambda message: (
            message.type == "error"
            and not message.text.startswith(REFUSED)
            and MAPS not in message.text
            and trouble.append(message.text)
        ),
    )
    page.on("pageerror", lambda error: trouble.append(str(error)))
    return trouble


def overflows(page: Page) -> bool:
    """Return whether a page is wider than its window."""
    wider: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider
