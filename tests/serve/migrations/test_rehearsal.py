"""Versions are changed, and back, while people book; and steps leave alone what is there."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from alembic import command
from apiflask import APIFlask
from sqlalchemy import inspect, select, text

from serve import migrations
from serve.backups.rows import fingerprint, tables
from serve.consistency import what_is_wrong
from serve.database import db, reading
from serve.migrations import PHASES, contracts_after, is_ahead, migrate, newest, revision
from serve.models import Appointment, Base
from serve.settings import Settings
from tests.serve.conftest import KEY, database
from tests.serve.events.service import (
    ROOT,
    Bookers,
    Place,
    environment_of,
    place,
    web_server,
)
from tests.serve.test_backups import fill

#: A step of the next version, which the version before works with.
EXPANDS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, phase = "next1", "{newest}", "expand"
branch_labels = depends_on = None


def upgrade():
    op.add_column("appointment", sa.Column("rehearsed", sa.Text(), nullable=True))
    op.create_index("ix_appointment_rehearsed", "appointment", ["rehearsed"])
    op.create_table("rehearsal", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("rehearsal")
    op.drop_column("appointment", "rehearsed")
"""
#: A step of the version after that, which takes away what the version before needs.
CONTRACTS = """
from alembic import op

revision, down_revision, phase = "next2", "next1", "contract"
branch_labels = depends_on = None


def upgrade():
    op.drop_column("appointment", "rehearsed")


def downgrade():
    raise NotImplementedError
"""


def later_version(folder: Path, **steps: str) -> Path:
    """Return a folder with the service as it is, and some steps more."""
    for package in ("objective", "opt", "forecast", "serve", "conf"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, contents in steps.items():
        path = folder / "serve/migrations/versions" / f"{name}.py"
        path.write_text(contents.replace("{newest}", newest()))
    return folder


def flask(settings: Settings, code: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a version to its end."""
    environment = environment_of(settings) | {"PYTHONPATH": str(code)}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "serve", *arguments],
        cwd=code, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str
) -> Iterator[Settings]:
    """Settings of a service on a PostgreSQL database of its own."""
    with database(request, "postgresql", tmp_path) as url:
        yield Settings(home=str(tmp_path), database_url=url, secret_key=KEY, rate_limit="")


def all_there(at: Place, *bookers: Bookers) -> None:
    """Check that what was answered is what is stored."""
    answered: dict[str, str] = {}
    for one in bookers:
        assert not one.sender.failed, one.sender.failed[:5]
        assert len(one.sender.done) > 10
        for (identifier, event), _ in sorted(one.sender.answered.items(), key=lambda kept: kept[1]):
            answered[identifier] = event.removeprefix("appointment.")
    with reading() as session:
        assert what_is_wrong(session) == []
        stored = {str(one.id): one.status for one in session.scalars(select(Appointment))}
    assert answered == stored


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_version_comes_and_goes_again_while_people_book(settings: Settings, tmp_path: Path):
    """On PostgreSQL: the database is migrated under load, two versions serve, the older goes on."""
    following = later_version(tmp_path / "next", next1=EXPANDS)
    with place(settings) as at, web_server(settings) as before:
        first = Bookers(before, at)
        time.sleep(3)
        migrated = flask(settings, following, "migrate")
        assert f"from {newest()} to revision next1" in migrated.stdout, migrated.stderr
        assert requests.get(f"{before}/readyz", timeout=10).status_code == 200
        assert "next1 already" in flask(settings, ROOT, "migrate").stdout
        first.stop()
        with web_server(settings, following) as after:
            # Both versions serve, as they do while one process after the other is changed.
            second = Bookers(after, at)
            time.sleep(3)
            second.stop()
            may = flask(settings, following, "may-go-back", newest())
            assert (may.returncode, may.stdout.split(":")[0]) == (0, "Yes"), may.stdout + may.stderr
        third = Bookers(before, at)
        time.sleep(3)
        third.stop()
        all_there(at, first, second, third)
        with db.engine.connect() as connection:
            assert revision(db.engine) == "next1"
            assert connection.scalar(text("SELECT count(*) FROM rehearsal")) == 0


@pytest.mark.slow
def test_a_step_that_takes_something_away_is_not_taken_by_mistake(
    settings: Settings, tmp_path: Path
):
    """It has to be said; and after it nobody goes back."""
    following = later_version(tmp_path / "next", next1=EXPANDS, next2=CONTRACTS)
    assert flask(settings, ROOT, "revision").stdout.strip() == newest()
    refused = flask(settings, following, "migrate")
    assert refused.returncode == 2
    assert "--contract" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert flask(settings, ROOT, "revision").stdout.strip() == newest()
    assert flask(settings, following, "may-go-back", newest()).returncode == 1
    assert flask(settings, following, "may-go-back", "next2").returncode == 0
    unknown = flask(settings, following, "may-go-back", "nowhere")
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (2, False)
    assert flask(settings, following, "migrate", "--contract").returncode == 0


def test_steps_leave_alone_what_is_there(app: APIFlask, settings: Settings):
    """The last steps are taken back and taken again: no row of another table has changed."""

    def prints(names: set[str]) -> dict[str, Any]:
        with db.engine.connect() as connection:
            return {one.name: fingerprint(connection, one) for one in tables() if one.name in names}

    fill(app)
    with app.app_context():
        before = prints(set(Base.metadata.tables))
        configuration = migrations._configuration()
        with db.engine.execution_options(writing=True).begin() as connection:
            configuration.attributes["connection"] = connection
            command.downgrade(configuration, "0002")
        older = set(inspect(db.engine).get_table_names())
        assert "outbox_message" not in older
        assert "appointment" in older
        migrate(db.engine)
        kept = {name: one for name, one in before.items() if name in older}
        assert sum(rows for rows, _ in kept.values()) > 15
        assert prints(older) == kept


def test_every_step_says_its_phase():
    """Revisions that are not known are of later versions; an empty database has none."""
    assert set(migrations._steps().values()) <= set(PHASES)
    assert not is_ahead(newest())
    assert not is_ahead(None)
    assert is_ahead("next1")
    assert contracts_after(None) == contracts_after(newest()) == []
    assert os.path.commonpath([migrations.__file__, ROOT]) == str(ROOT)
