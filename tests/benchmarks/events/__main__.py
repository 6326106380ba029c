"""``python -m tests.benchmarks.events``: two hundred streams while others book, on each database.

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
STREAMS = 200


def main(seconds: int = 60) -> int:
    """Return the exit status."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    with TemporaryDirectory() as home:
        url = f"sqlite:///{home}/bailey.db"
        figures = {"SQLite": measured(settings(home, url), STREAMS, seconds)}
    with TemporaryDirectory() as home, private_server(programs[-1]) as server:
        figures["PostgreSQL"] = measured(settings(home, server.url), STREAMS, seconds)
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
        f"Made by `python -m tests.benchmarks.events`; do not edit. {STREAMS} streams for "
        f"{seconds} seconds on one server of events, beside gunicorn and people who book and "
        f"cancel, all with the clients on {os.cpu_count()} cores, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Lateness in milliseconds, from the beginning of "
        "the request that made an event until a client has read it, and from its answer.",
        "",
        "| database | events | told | median | p99 | latest | p99 from answer | bookings "
        "| p99 of one | failures | clients told wrongly |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, one in figures.items():
        seconds_late = (one.median, one.p99, one.latest, one.after_answer_p99)
        times = (f"{1000 * value:,.0f}" for value in seconds_late)
        lines.append(
            f"| {name} | {one.events:,} | {one.told:,} | {' | '.join(times)} | {one.bookings:,} "
            f"| {1000 * one.booking_p99:,.0f} | {len(one.failures)} | {one.wrong} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:2])))
