"""Backups and the check of what is stored."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select, text

from serve import create_app
from serve.backups.restore import restore_backup
from serve.backups.write import MANIFEST, member, write_backup
from serve.consistency import what_is_wrong
from serve.database import db, reading, transaction
from serve.errors import Conflict
from serve.migrations import newest
from serve.models import Appointment, AuditEntry, Event, Run, StatusChange
from serve.settings import Settings
from tests.serve.conftest import KEY, NOW, HandClock, database, make_clinic
from tests.serve.things import Things


def fill(app: APIFlask) -> None:
    """Add a row of about every kind, among them what databases keep differently."""

    def work(session: Any) -> None:
        clinic = make_clinic()
        things = Things(session, clinic.practice, ["administrator"])
        for name in ("template", "rule", "exception", "clinic_day", "preference"):
            getattr(things, name)
        awkward = {"a": 1.0, "b": [0.1, 1e22, -0.0, None], "c": "Zoë \U0001f600 \\ \"'", "d": {}}
        session.add_all(
            [
                Run(practice_id=clinic.practice, kind="forecast", request=awkward),
                Run(
                    practice_id=clinic.practice, kind="forecast", request={}, state="done",
                    result=awkward,
                ),
                Event(practice_id=clinic.practice, kind="a.b", subject_id=clinic.practice),
                AuditEntry(by="system", action="patient.read", at=NOW),
            ]
        )  # fmt: skip

    with app.app_context():
        transaction(work)


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Any:
    """An application on an empty database of the other kind."""
    kind = "postgresql" if database_url.startswith("sqlite") else "sqlite"
    home = tmp_path / "other"
    home.mkdir()
    with database(request, kind, home) as url:
        made = create_app(Settings(home=str(home), database_url=url, secret_key=KEY), HandClock())
        yield made
        with made.app_context():
            db.engine.dispose()


def back_up(app: APIFlask, path: Path) -> Any:
    """Write a backup of an application's database; return its tables."""
    with app.app_context():
        return write_backup(db.engine, path)["tables"]


def test_a_backup_is_restored_to_the_other_database(app: APIFlask, other: APIFlask, tmp_path: Path):
    """The same rows, as a second backup of what was restored shows; and new rows can follow."""
    fill(app)
    before = back_up(app, tmp_path / "a.zip")
    assert sum(one["rows"] for one in before.values()) > 20
    with other.app_context():
        restore_backup(db.engine, tmp_path / "a.zip", replace=False)
    assert back_up(other, tmp_path / "b.zip") == before
    with other.app_context():
        transaction(lambda session: session.add(AuditEntry(by="system", action="patient.read")))
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(AuditEntry)) == 2
            assert session.scalar(select(func.count()).where(Run.result.is_(None))) == 1


def test_what_is_there_is_kept_unless_said(app: APIFlask, tmp_path: Path):
    """A database that is not empty is left alone; with replace it is what it was again."""
    fill(app)
    before = back_up(app, tmp_path / "a.zip")
    with app.app_context():
        with pytest.raises(Conflict, match="not empty"):
            restore_backup(db.engine, tmp_path / "a.zip", replace=False)
        transaction(lambda session: session.delete(session.scalars(select(Event)).first()))
        restore_backup(db.engine, tmp_path / "a.zip", replace=True)
    assert back_up(app, tmp_path / "b.zip") == before
    with app.app_context(), pytest.raises(Conflict):
        transaction(lambda session: session.execute(text("DELETE FROM audit_entry")))


def altered(path: Path, name: str, change: Any) -> Path:
    """Return a copy of a backup in which a member is another, or missing."""
    copy = path.with_name(f"altered-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            if one == name:
                content = change(content)
            if content is not None:
                new.writestr(one, content)
    return copy


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (member("patient"), lambda rows: rows.replace(b"Ada", b"Eve"), "damaged.*patient"),
        (member("patient"), lambda rows: rows[:-20], "damaged.*patient"),
        (member("patient"), lambda rows: None, "damaged.*missing"),
        (MANIFEST, lambda rows: None, "damaged"),
        (MANIFEST, lambda rows: b"[]", "damaged"),
        (
            MANIFEST,
            lambda rows: rows.replace(f'"{newest()}"'.encode(), b'"0001"'),
            "another revision",
        ),
    ],
)
def test_a_damaged_backup_changes_nothing(
    app: APIFlask, tmp_path: Path, name: str, change: Any, message: str
):
    """It is read as a whole before anything is written."""
    fill(app)
    before = back_up(app, tmp_path / "a.zip")
    wrong = altered(tmp_path / "a.zip", name, change)
    cut = tmp_path / "cut.zip"
    cut.write_bytes((tmp_path / "a.zip").read_bytes()[:-100])
    with app.app_context():
        with pytest.raises(Conflict, match=message):
            restore_backup(db.engine, wrong, replace=True)
        with pytest.raises(Conflict, match="damaged"):
            restore_backup(db.engine, cut, replace=True)
    assert back_up(app, tmp_path / "b.zip") == before


def test_an_inconsistent_backup_changes_nothing(app: APIFlask, tmp_path: Path):
    """A row that refers to nothing, with a manifest that says it is right."""
    fill(app)
    before = back_up(app, tmp_path / "a.zip")
    rows = zipfile.ZipFile(tmp_path / "a.zip").read(member("patient"))
    practice = json.loads(rows.splitlines()[0])["practice_id"]
    wrong = rows.replace(practice.encode(), b"0" * 32)
    first = altered(tmp_path / "a.zip", member("patient"), lambda _: wrong)

    def with_hash(manifest: bytes) -> bytes:
        told = json.loads(manifest)
        told["tables"]["patient"]["sha256"] = hashlib.sha256(wrong).hexdigest()
        return json.dumps(told).encode()

    second = altered(first, MANIFEST, with_hash)
    with app.app_context(), pytest.raises(Conflict):
        restore_backup(db.engine, second, replace=True)
    assert back_up(app, tmp_path / "b.zip") == before


def test_a_backup_is_of_one_moment(app: APIFlask, tmp_path: Path):
    """Only its owner reads it, and a file that is there is not written over."""
    fill(app)
    back_up(app, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        back_up(app, tmp_path / "a.zip")


BROKEN = {
    "more than one holder": (
        "DROP INDEX uq_appointment_seat_holder",
        "UPDATE appointment SET seat_id = (SELECT seat_id FROM appointment "
        "WHERE status = 'booked')",
    ),
    "another time": ("UPDATE seat SET ends_at = '2027-01-01 00:00:00'",),
    "its history ends with": ("UPDATE status_change SET status = 'held'",),
    "has no history": ("DELETE FROM status_change",),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_what_cannot_be_is_found(app: APIFlask, sentence: str):
    """Whatever somebody did to the tables by hand."""

    def work(session: Any) -> None:
        clinic = make_clinic()
        things = Things(session, clinic.practice, ["administrator"])
        for name in ("appointment", "offer"):
            getattr(things, name)
        for appointment in session.scalars(select(Appointment)).all():
            session.add(
                StatusChange(
                    appointment_id=appointment.id, number=1, status=appointment.status, at=NOW
                )
            )

    with app.app_context():
        transaction(work)
        with reading() as session:
            assert what_is_wrong(session) == []
        with db.engine.begin() as connection:
            for statement in BROKEN[sentence]:
                connection.execute(text(statement))
        with reading() as session:
            assert any(sentence in one for one in what_is_wrong(session)), what_is_wrong(session)
