"""What a mail has in it: no more than it needs, for the right people, and nobody's headers."""

from dataclasses import fields
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from serve.booking.changing import cancel, move
from serve.booking.holding import book
from serve.models import (
    Carer,
    Location,
    OutboxMessage,
    Patient,
    Practice,
    Provider,
    User,
    VisitType,
)
from serve.notify.texts import Facts
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import NOW
from tests.serve.notify.conftest import Told

#: Said of the visit in every place where something can be said of why somebody comes.
SECRETS = ("Oncology", "chemotherapy", "Dr Secret", "lump", "Ada Patient", "hospital-4242")


def confirmed(told: Told) -> EmailMessage:
    """Book the first seat and return the mail that confirms it."""
    told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()
    (mail,) = told.mails()
    return mail


def plain(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_mail_is_plain_and_a_page_and_can_be_stopped(told: Told):
    """Made by a program, and known by the identifier of its message."""
    told.set(Location, told.clinic.location, address="1 Main street")
    mail = confirmed(told)
    (row,) = [one for one in told.messages_of_all() if one.state == "sent"]
    assert mail["Message-ID"] == f"<{row.id}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"] == "ada@people.example"
    assert mail["Date"].datetime == NOW
    assert mail["Content-Language"] == "en"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("http://127.0.0.1:5000/api/v1/notices/unsubscribe/")
    # Not folded, and not encoded, which mail programs would not see through.
    (path,) = (Path(told.settings.home) / "outbox").glob("*.eml")
    assert f"\r\nList-Unsubscribe: <{link}>\r\n" in path.read_bytes().decode()
    assert plain(mail) == (
        "Your appointment is booked for Thursday, 5 March 2026 at 09:00.\n\n"
        "Where: Main street, 1 Main street\n\n"
        "Questions, or you cannot come? 020 1234567\n\n"
        f"No more e-mails about appointments: {link}\n"
    )
    page = mail.get_body(("html",)).get_content()
    assert "<p>Your appointment is booked for Thursday, 5 March 2026 at 09:00.</p>" in page
    assert f'<a href="{link}">Send me no more e-mails</a>' in page
    assert "<script" not in page


def test_a_mail_is_in_the_patients_language(told: Told):
    """With dates as they are written there."""
    told.set(Patient, told.clinic.patient, language="de")
    mail = confirmed(told)
    assert mail["Content-Language"] == "de"
    assert mail["Subject"] == "Bailey: Ihr Termin am Donnerstag, 5. März 2026"
    assert "um 09:00 Uhr gebucht" in plain(mail)


def test_no_notice_says_why_somebody_comes(told: Told):
    """Neither type of visit, provider, reasons, nor the patient's name or number."""
    told.set(VisitType, told.clinic.visit_type, name="Oncology chemotherapy")
    told.set(Provider, told.clinic.provider, name="Dr Secret (Oncology)")
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF, "lump")
    told.set(type(made), made.id, external_id="hospital-4242")
    told.send()
    for count, rule in enumerate((move, cancel), 1):
        told.clock.forward(minutes=count)
        arguments = (told.seats[1],) if rule is move else ()
        told.do(rule, made, *arguments, told.clock(), STAFF, reason="lump")
        told.send()
    sent = told.mails()
    assert len(sent) == 3
    for mail in sent:
        # As it is read: the parts decoded, and the headers.
        parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
        whole = "\n".join([*map(str, parts), *(f"{name}: {one}" for name, one in mail.items())])
        assert not [secret for secret in SECRETS if secret.lower() in whole.lower()]


def test_no_kind_of_notice_is_given_more_than_it_may_say():
    """What a text is made of has no room for a type of visit, a reason or a provider."""
    assert {one.name for one in fields(Facts)} == {
        "practice", "zone", "contact", "place", "starts_at", "expected_at", "until", "caring",
    }  # fmt: skip


EVIL = "Bailey\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>"


def test_no_name_begins_another_header_or_another_text(told: Told):
    """Line breaks become blanks, and signs of HTML are written as text."""
    told.set(Practice, told.clinic.practice, name=EVIL, contact=EVIL)
    told.set(Location, told.clinic.location, name=EVIL, address="a\u2028b\x01c\x85d")
    mail = confirmed(told)
    assert mail["Bcc"] is None
    assert mail["To"] == "ada@people.example"
    assert mail["Subject"].startswith("Bailey Bcc: eve@evil.example <script>alert(1)</script>: ")
    page = mail.get_body(("html",)).get_content()
    assert "<script>" not in page
    assert "a b c d" in page


@pytest.mark.parametrize(
    "address",
    ["ada@people.example\r\nBcc: eve@evil.example", "ada@people.example, eve@evil.example",
     "Eve <eve@evil.example>", "no address", "@people.example", "a\u0130@people.example"],
)  # fmt: skip
def test_what_is_no_address_gets_nothing(told: Told, address: str):
    """However it came into the database."""
    told.set(Patient, told.clinic.patient, email=address)
    told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()
    assert told.mails() == []
    (row, _) = told.messages_of_all()
    assert row.state == "withdrawn"
    assert "No e-mail address" in row.problem


def test_a_domain_of_other_letters_is_written_as_the_network_has_it(told: Told):
    """IDNA, as mail servers need it."""
    told.set(Patient, told.clinic.patient, email="ada@bücher.example")
    assert confirmed(told)["To"] == "ada@xn--bcher-kva.example"


def test_without_an_address_it_goes_to_who_cares_for_the_patient(told: Told):
    """To all of them at once, who need not know each other's addresses."""
    stranger = told.clinic.stranger

    def work(session: Any) -> None:
        session.get_one(Patient, stranger).email = ""
        for role in ("front_desk", "analyst"):
            session.add(Carer(user_id=told.clinic.users[role], patient_id=stranger))

    told.do(work)
    told.do(book, told.seats[0], stranger, NOW, STAFF)
    told.send()
    (mail,) = told.mails()
    assert mail["To"] == "undisclosed-recipients:;"
    assert "You get this message for somebody whom you look after." in plain(mail)
    told.set(User, told.clinic.users["analyst"], active=False)
    told.do(book, told.seats[1], stranger, NOW, STAFF)
    told.send()
    assert "front_desk@bailey.example" in [one["To"] for one in told.mails()]


def test_who_signs_in_without_another_address_is_told_at_that(told: Told):
    """Before those who care for the patient."""
    told.set(Patient, told.clinic.patient, email="")
    assert confirmed(told)["To"] == "patient@bailey.example"


def test_whom_nobody_can_reach_is_told_nothing(told: Told):
    """And staff see why."""
    told.set(Patient, told.clinic.stranger, email="")
    made = told.do(book, told.seats[0], told.clinic.stranger, NOW, STAFF)
    told.send()
    (row, reminder) = told.rows(made)
    assert (row.state, reminder.state) == ("withdrawn", "waiting")
    assert row.problem.startswith("No e-mail address is known")
    told.set(Patient, told.clinic.stranger, email="bo@people.example")
    told.clock.moment = reminder.due_at
    told.send()
    assert [one["To"] for one in told.mails()] == ["bo@people.example"]


def test_every_row_of_the_outbox_is_without_texts_and_addresses(told: Told):
    """What is said, and to whom, is found at the moment of sending."""
    confirmed(told)
    for row in told.messages_of_all():
        assert isinstance(row, OutboxMessage)
        assert set(row.details) == {"starts_at", "seat_id"}
