"""What tests of the patient's pages share."""

import re

from playwright.sync_api import Page


def first_time(page: Page) -> str:
    """Return the first time that is offered, such as 13:00."""
    found = re.search(r"\d\d:\d\d", page.locator(".first button").inner_text())
    assert found is not None
    return found[0]
