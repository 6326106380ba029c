"""``python -m tests.benchmarks.events``: two hundred streams of forty days that run.

Prints how late events are, and writes it to RESULTS.md in this folder. Nothing is asserted of
times; a client that missed an event, or a booking that failed, ends it with status 1.
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from serve.settings import Settings
from tests.postgres import private_server
from tests.serve.conftest import KEY
from tests.serve.events.load import Figures, measured

FOLDER = Path(__file__).parent


def main(seconds: int = 60) -> int:
    """Return the exit status."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    with TemporaryDirectory() as home:
        url = f"sqlite:///{home}/bailey.db"
        figures = {"SQLite": measured(settings(home, url), seconds)}
    with TemporaryDirectory() as home, private_server(programs[-1]) as server:
        figures["PostgreSQL"] = measured(settings(home, server.url), seconds)
    text = report(figures, seconds)
    print(text)
    (FOLDER / "RESULTS.md").write_text(text)
    return int(any(one.wrong or one.failures or one.losses for one in figures.values()))


def settings(home: str, url: str) -> Settings:
    """Return the settings of a service on a database."""
    return Settings(home=home, database_url=url, secret_key=KEY, rate_limit="")


def report(figures: Mapping[str, Figures], seconds: int) -> str:
    """Return the figures as a page."""
    lines = [
        "# Streams of events",
        "",
        f"Made by `python -m tests.benchmarks.events`; do not edit. Two hundred streams (of 40 "
        f"providers, 140 patients, and 20 of the front desk) for {seconds} seconds while 40 "
        "sessions run, a worker keeps what is expected of them fresh, one person notes what "
        "happens, and four book and cancel: all with the clients on "
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Lateness in "
        "milliseconds: of what people did, from the beginning of the request until a client has "
        "read it, and from its answer; of what is expected, from the worker's look.",
        "",
        "| database | events | told | median | p99 | latest | p99 from answer "
        "| of these expected | their p99 | requests | p99 of one | failures "
        "| clients told wrongly |",
        "| --- " + 12 * "| ---: " + "|",
    ]
    for name, one in figures.items():
        times = [
            f"{1000 * value:,.0f}"
            for value in (one.median, one.p99, one.latest, one.after_answer_p99)
        ]
        cells = [
            name, f"{one.events:,}", f"{one.told:,}", *times, f"{one.expected:,}",
            f"{1000 * one.expected_p99:,.0f}", f"{one.requests:,}",
            f"{1000 * one.request_p99:,.0f}", str(len(one.failures)), str(one.wrong),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:2])))
