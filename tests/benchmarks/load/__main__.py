"""``python -m tests.benchmarks.load``: fifty people at once on gunicorn and PostgreSQL.

Prints median and 99th percentile of searching and booking beside those of the same server's
``/healthz`` in the same run, and writes them to RESULTS.md in this folder. Nothing is asserted of
times; a failure other than an expected 409 ends it with status 1.
"""

import csv
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve import create_app
from serve.auth.policy import POLICY
from serve.auth.tokens import issue
from serve.database import db, transaction
from serve.demo.make import make_demo
from serve.migrations import migrate
from serve.models import Patient, User, UserRole, VisitType
from serve.settings import Settings
from tests.postgres import private_server

FOLDER = Path(__file__).parent
KEY = "a key for the load of one run of this benchmark"
USERS = 50
PORT = 5098


def main(seconds: int = 60) -> int:
    """Return the exit status."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    with TemporaryDirectory() as home, private_server(programs[-1]) as server:
        url = server.url
        given = prepared(Settings(home=home, database_url=url, secret_key=KEY))
        environment = {
            **os.environ,
            "BAILEY_HOME": home,
            "BAILEY_DATABASE_URL": url,
            "BAILEY_SECRET_KEY": KEY,
            "BAILEY_RATE_LIMIT": "100000 per second",
            "BAILEY_BIND": f"127.0.0.1:{PORT}",
            "BAILEY_LOAD": json.dumps(given),
        }
        with served(environment, Path(home) / "log"):
            status = attack(environment, Path(home), seconds)
        figures = read(Path(home) / "load_stats.csv")
    text = report(figures, seconds)
    print(text)
    (FOLDER / "RESULTS.md").write_text(text)
    return status


def prepared(settings: Settings) -> dict[str, Any]:
    """Make up a practice; return what those who book must know of it."""
    now = datetime.now(UTC)

    def work(session: Session) -> dict[str, Any]:
        make_demo(session, "Load clinic", "Europe/Amsterdam", 0, now)
        user = session.scalars(
            select(User).join(UserRole).where(UserRole.role == "front_desk")
        ).one()
        visit_types = session.scalars(
            select(VisitType.id).where(VisitType.name.in_(("return", "new")))
        )
        return {
            "token": issue(session, user, "load", list(POLICY), 1, KEY, now)[1],
            "visit_types": [str(one) for one in visit_types],
            "patients": [str(one) for one in session.scalars(select(Patient.id))],
            "first": now.date().isoformat(),
            "last": (now.date() + timedelta(days=14)).isoformat(),
        }

    app = create_app(settings)
    with app.app_context():
        migrate(db.engine)
        given = transaction(work)
        db.engine.dispose()
    return given


@contextmanager
def served(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run gunicorn."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:serve.gunicorn"]
    with log.open("wb") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(timeout=100)


def attack(environment: Mapping[str, str], folder: Path, seconds: int) -> int:
    """Let locust's users do what they do; return its exit status."""
    command = [
        sys.executable, "-m", "locust", "--headless", "--only-summary",
        "--locustfile", str(FOLDER / "users.py"), "--host", f"http://127.0.0.1:{PORT}",
        "--users", str(USERS), "--spawn-rate", "25", "--run-time", f"{seconds}s",
        "--reset-stats", "--csv", str(folder / "load"),
    ]  # fmt: skip
    return subprocess.run(command, env=environment, check=False).returncode


def read(path: Path) -> dict[str, dict[str, float]]:
    """Return requests, failures, median and 99th percentile in milliseconds, by what was asked."""
    wanted = {
        "requests": "Request Count", "failures": "Failure Count", "median": "50%", "p99": "99%",
    }  # fmt: skip
    with path.open() as file:
        return {
            row["Name"]: {name: float(row[column] or 0) for name, column in wanted.items()}
            for row in csv.DictReader(file)
        }


def report(figures: Mapping[str, Mapping[str, float]], seconds: int) -> str:
    """Return the figures as a page."""
    lines = [
        "# Load",
        "",
        f"Made by `python -m tests.benchmarks.load`; do not edit. {USERS} users at once for "
        f"{seconds} seconds, gunicorn and PostgreSQL on {os.cpu_count()} cores, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Milliseconds; the users run on the same cores.",
        "",
        "| what | requests | failures | median | p99 |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in ("search", "book", "healthz"):
        one = figures.get(name, {})
        cells = (f"{one.get(key, 0):,.0f}" for key in ("requests", "failures", "median", "p99"))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    if figures.get("healthz", {}).get("median") and "book" in figures:
        ratio = figures["book"]["p99"] / figures["healthz"]["median"]
        lines += ["", f"The p99 of a booking is {ratio:.1f} times the median of `/healthz`."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:2])))
