"""``python -m tests.benchmarks.pages``: every page of the demo practice, one after the other.

Prints the median time of each answer beside that of ``/healthz`` in the same run, and how many
bytes a browser loads, and writes it to RESULTS.md in this folder. Nothing is asserted of times; a
page that sends more than it should ends it with status 1.
"""

import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from playwright.sync_api import sync_playwright

from serve.models.people import ROLES
from tests.benchmarks.pages.measuring import (
    ANSWER,
    BOOKINGS,
    COLD,
    COLD_WITH_PLOT,
    MOVES,
    NEWS,
    PRICED,
    WARM,
    Answer,
    Loaded,
    answers,
    healthz,
    loading,
    move,
    news,
)
from tests.browser.full_practice import make_full_file, opened_full
from tests.browser.screenshots import QUIET

FOLDER = Path(__file__).parent


def main() -> int:
    """Return the exit status."""
    torch.set_num_threads(1)
    found: list[Answer] = []
    loaded: dict[Answer, Loaded] = {}
    with TemporaryDirectory() as made:
        practice, home = make_full_file(Path(made)), Path(made) / "home"
        home.mkdir()
        with opened_full(home, practice, demo=False) as website, sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            nothing = healthz(website)
            moved = move(browser, website)
            for role in ROLES:
                mine = answers(website, role)
                found += mine
                with loading(browser, website, role) as load:
                    loaded |= {one: load(one.path) for one in mine}
            # The last: its bookings make lists longer.
            told = news(browser, website)
    text = report(found, loaded, nothing, moved, told)
    print(text)
    (FOLDER / "RESULTS.md").write_text(text)
    return int(any(one.too_much(answer.plot) for answer, one in loaded.items()))


def report(
    found: Sequence[Answer],
    loaded: Mapping[Answer, Loaded],
    nothing: float,
    moved: float,
    told: float,
) -> str:
    """Return the figures as a page."""
    lines = [
        "# Pages",
        "",
        "Made by `python -m tests.benchmarks.pages`; do not edit. Medians of the answers of the "
        f"demo practice on one core, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; `/healthz` in the "
        f"same run: {nothing:.2f} ms. Wanted: below {ANSWER:.0f} ms. Bytes as a browser loads "
        f"them, compressed and with headers, that was never here (wanted: at most "
        f"{COLD / 1000:,.0f} kB, with a plot {COLD_WITH_PLOT / 1000:,.0f} kB) and that loads the "
        f"page once more ({WARM / 1000:,.0f} kB).",
        "",
        f"A move in the editor of one's own schedule (24 patients, 48 intervals) is priced after "
        f"{moved:.0f} ms, the median of {MOVES}, from the key to the figures in the browser; "
        f"wanted: {PRICED:.0f} ms.",
        "",
        f"A booking is on the front desk's list in another browser after {told:.0f} ms, the median "
        f"of {BOOKINGS}; wanted: {NEWS:.0f} ms.",
        "",
        "| role | page | ms | times /healthz | plot | kB the first time | kB once more |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for one in found:
        sizes = loaded[one]
        slow = " (slow)" if one.milliseconds > ANSWER else ""
        much = " (too much)" if sizes.too_much(one.plot) else ""
        lines.append(
            f"| {one.role} | {one.name} | {one.milliseconds:.1f}{slow} "
            f"| {one.milliseconds / nothing:.0f} | {'yes' if one.plot else ''} "
            f"| {sizes.cold / 1000:.1f}{much} | {sizes.warm / 1000:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
