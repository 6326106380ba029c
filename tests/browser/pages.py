"""Opening a page of the disk in a browser."""

from pathlib import Path

from playwright.sync_api import Browser, Page


def open_page(browser: Browser, path: Path, width: int) -> tuple[Page, list[str]]:
    """Open a file at a width in pixels; return the page, and what goes wrong or leaves the file."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request", lambda request: request.url.startswith("file:") or trouble.append(request.url)
    )
    page.goto(path.as_uri())
    return page, trouble
