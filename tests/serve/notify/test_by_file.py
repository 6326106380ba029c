"""Without a mail server each mail is a file, whole, once, and for nobody else to read."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from serve.booking.holding import book
from serve.jobs.chores import forget
from serve.models import Patient
from serve.notify.by_file import ByFile
from serve.notify.mail import Letter, MailWriter
from serve.notify.mail_server import sender_of
from serve.outbox.courier import NotDeliveredError
from serve.privacy.erasure import erase
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import KEY, NOW
from tests.serve.notify.conftest import Told

WRITER = MailWriter(sender_of("bailey@localhost"), KEY, "http://127.0.0.1:5000")


def letter(content: bytes = b"Subject: hello\r\n\r\nhello\r\n") -> Letter:
    """Return a mail."""
    return Letter(uuid4(), "bailey@localhost", ("ada@people.example",), content)


def test_a_file_is_called_as_its_message_and_written_once(tmp_path: Path):
    """A courier that died before its mark is followed by one that leaves the file as it is."""
    folder = tmp_path / "home" / "outbox"
    by, mail = ByFile(WRITER, folder), letter()
    by.deliver(mail)
    (path,) = folder.iterdir()
    assert path.name == f"{mail.message_id}.eml"
    assert path.read_bytes() == mail.content
    assert path.stat().st_mode & 0o077 == folder.stat().st_mode & 0o077 == 0
    before = path.stat().st_mtime_ns
    by.deliver(mail)
    assert path.stat().st_mtime_ns == before


def test_what_a_dead_courier_left_of_a_file_is_no_mail(tmp_path: Path):
    """A part has another name, and is written anew."""
    by, mail = ByFile(WRITER, tmp_path), letter()
    (tmp_path / f".{mail.message_id}.1").write_bytes(b"Subj")
    by.deliver(mail)
    assert [one.name for one in tmp_path.glob("*.eml")] == [f"{mail.message_id}.eml"]


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path):
    """The disk may be there later."""
    (tmp_path / "outbox").write_text("no folder")
    with pytest.raises(NotDeliveredError, match="cannot be written") as error:
        ByFile(WRITER, tmp_path / "outbox").deliver(letter())
    assert not error.value.for_good


def test_a_service_without_settings_tells_its_patients_by_files(told: Told):
    """In the folder ``outbox`` of its home, with nothing else installed or started."""
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()
    row = told.rows(made)[0]
    path = Path(told.settings.home) / "outbox" / f"{row.id}.eml"
    assert path.is_file()
    told.clock.forward(seconds=1)
    told.clock.moment += timedelta(days=2)
    told.send()
    assert len(told.mails()) == 2


def test_files_go_with_the_messages_of_an_erased_patient(told: Told):
    """Those of others stay."""
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    other = told.do(book, told.seats[1], told.clinic.stranger, NOW, STAFF)
    told.send()
    assert len(told.mails()) == 2
    told.clock.forward(days=5)
    told.do(erase, told.get(Patient, told.clinic.patient), told.clock())
    assert told.messages(made) == []
    forget(told.clock())
    (kept,) = (Path(told.settings.home) / "outbox").glob("*.eml")
    assert kept.stem in {str(row.id) for row in told.rows(other)}
