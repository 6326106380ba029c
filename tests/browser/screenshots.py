"""``python -m tests.browser.screenshots``: pictures of every page of every role, to look through.

Makes the demo practice in a temporary folder, opens its pages at two widths in both themes, and
writes ``screenshots/index.html``. A page that is not there, is wider than its window, or complains
in the console is named, and ends it with status 1.
"""

import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from playwright.sync_api import Browser, sync_playwright

from serve.models.people import ROLES
from tests.browser.full_practice import make_full_file, opened_full
from tests.browser.stops import PUBLIC, Stop, stops
from tests.browser.walking import Theme, is_page, walking
from tests.browser.website import Website

WIDTHS = (390, 1280)
THEMES: tuple[Theme, ...] = ("light", "dark")
NOBODY = "nobody"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: Tallest picture of a page, pixels.
TALLEST = 12_000

STYLE = """
body { font: 16px system-ui, sans-serif; margin: 24px; }
section { margin-bottom: 48px; }
.shots { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
figure { margin: 0; }
img { border: 1px solid #8888; max-height: 700px; max-width: 100%; }
"""


@click.command()
@click.option(
    "--folder", default="screenshots", show_default=True,
    type=click.Path(file_okay=False, path_type=Path), help="Where the pictures go.",
)  # fmt: skip
@click.option("--only", default="", help="Only pages whose role/name has this regular expression.")
@click.option("--demo/--no-demo", default=False, help="With the buttons that play the day.")
@click.option(
    "--practice", default=None, type=click.Path(exists=True, path_type=Path),
    help="The database of an earlier run, to be quicker; made anew without it.",
)  # fmt: skip
@click.option(
    "--keep-practice", default=None, type=click.Path(path_type=Path),
    help="Where to keep the database for later runs.",
)  # fmt: skip
def screenshots(
    folder: Path, only: str, demo: bool, practice: Path | None, keep_practice: Path | None
) -> None:
    """Take pictures of every page."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("needs chromium: apt-get install chromium")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with TemporaryDirectory() as made:
        if practice is None:
            click.echo("Making the practice: about a minute.")
            practice = make_full_file(Path(made))
            if keep_practice is not None:
                shutil.copy(practice, keep_practice)
        home = Path(made) / "home"
        home.mkdir()
        with opened_full(home, practice, demo) as website, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            taken, wrong = take(browser, website, folder, re.compile(only))
    (folder / "index.html").write_text(index(taken))
    for one in wrong:
        click.echo(f"WRONG {one}")
    count = sum(map(len, taken.values()))
    click.echo(f"{count} pictures of {len(taken)} pages: {folder / 'index.html'}")
    sys.exit(1 if wrong else 0)


def take(
    browser: Browser, website: Website, folder: Path, only: re.Pattern[str]
) -> tuple[Mapping[str, Sequence[Path]], list[str]]:
    """Return the pictures of each page, and what is wrong with pages."""
    taken: dict[str, list[Path]] = defaultdict(list)
    wrong: list[str] = []
    for role in (NOBODY, *ROLES):
        if role == NOBODY:
            every = [Stop(role, path.strip("/"), (path,)) for path in PUBLIC]
        else:
            every = stops(website, role)
        chosen = [stop for stop in every if only.search(f"{role}/{stop.name}")]
        for width in WIDTHS if chosen else ():
            for theme in THEMES:
                click.echo(f"{role}, {width} pixels, {theme}: {len(chosen)} pages")
                with walking(
                    browser, website, "" if role == NOBODY else role, width, theme
                ) as walk:
                    for stop in chosen:
                        found: list[str] = []
                        there = next(walk.through(stop, found), None)
                        if stop.paths == ("/nothing",):
                            there, found = "/nothing", []
                        wrong += [f"{role} {width} {theme} {one}" for one in found]
                        if there is None or not is_page(walk.source):
                            continue
                        # The window is as tall as the page, for what is placed by its height.
                        path = folder / role / f"{stop.name}-{width}-{theme}.png"
                        height = walk.page.evaluate("document.documentElement.scrollHeight")
                        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
                        walk.page.screenshot(path=path, full_page=True, clip=clip)
                        taken[f"{role}: {stop.name}"].append(path.relative_to(folder))
    return taken, wrong


def index(taken: Mapping[str, Sequence[Path]]) -> str:
    """Return a page with all pictures."""
    parts = []
    for name, paths in taken.items():
        figures = "".join(
            f'<figure><a href="{escape(str(path))}"><img loading="lazy" src="{escape(str(path))}" '
            f'alt="{escape(str(path))}"></a><figcaption>{escape(path.stem)}</figcaption></figure>'
            for path in paths
        )
        parts.append(
            f'<section><h2>{escape(name)}</h2><div class="shots">{figures}</div></section>'
        )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Every page</title>"
        f"<style>{STYLE}</style><h1>Every page</h1>{''.join(parts)}</html>\n"
    )


if __name__ == "__main__":
    screenshots()
