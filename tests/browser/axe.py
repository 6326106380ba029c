"""axe-core in a page: what of it somebody could not use."""

from typing import Any

from playwright.sync_api import Page

from tests.npm import npm_package

VERSION = "4.14.1"
#: WCAG 2.2, levels A and AA, and what axe's makers call best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return each rule that a page breaks, and where."""
    script = npm_package("axe-core", VERSION) / "node_modules" / "axe-core" / "axe.min.js"
    # In the page as it is, whose policy would refuse a script that is written into it.
    page.evaluate(script.read_text())
    found: Any = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
