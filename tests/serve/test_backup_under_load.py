"""A backup while people book is whole, and is restored elsewhere to what was at one moment."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from serve import create_app
from serve.backups.restore import restore_backup
from serve.consistency import what_is_wrong
from serve.database import db, reading
from serve.models import Appointment, StatusChange
from serve.settings import Settings
from tests.serve.conftest import KEY, database
from tests.serve.events.service import Bookers, environment_of, place, web_server

#: Backups that are made one after the other, while four people book and cancel.
BACKUPS = 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_backups_under_load_are_restored_elsewhere(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
):
    """Into a database of the other kind: consistent, with all that was answered before it began."""
    kind = "sqlite" if settings.database_url.startswith("postgresql") else "postgresql"
    files, known = [], []
    with place(settings) as at, web_server(settings) as address:
        bookers = Bookers(address, at)
        time.sleep(3)
        for number in range(BACKUPS):
            before = {one for one, _ in dict(bookers.sender.answered)}
            file = tmp_path / f"{number}.zip"
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "serve", "backup", str(file)],
                env=environment_of(settings), check=True, capture_output=True, timeout=120,
            )  # fmt: skip
            files.append(file)
            known.append((before, {one for one, _ in dict(bookers.sender.answered)}))
        bookers.stop()
        assert not bookers.sender.failed, bookers.sender.failed[:3]
    sizes = []
    for number, (file, (before, after)) in enumerate(zip(files, known, strict=True)):
        home = tmp_path / f"elsewhere-{number}"
        home.mkdir()
        with database(request, kind, home) as url:
            app = create_app(Settings(home=str(home), database_url=url, secret_key=KEY))
            with app.app_context():
                restore_backup(db.engine, file, replace=False)
                with reading() as session:
                    assert what_is_wrong(session) == []
                    rows = {str(one.id): one.status for one in session.scalars(select(Appointment))}
                    changes = session.scalars(select(StatusChange)).all()
                db.engine.dispose()
        assert before <= set(rows)
        # One may be stored whose answer had not come yet, of each who books.
        assert len(set(rows) - after) <= 4
        assert {str(one.appointment_id) for one in changes} == set(rows)
        sizes.append(len(rows))
    assert 0 < sizes[0] < sizes[-1], "nobody booked meanwhile"
