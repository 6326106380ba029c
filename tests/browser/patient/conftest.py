"""What tests of the patient's pages share."""

import re
from datetime import date
from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.auth.passwords import hash_password
from serve.booking.free_seats import seats_of_days
from serve.booking.holding import book
from serve.booking.who import THE_SERVICE
from serve.models import Patient, Provider, User, UserRole, VisitType
from tests.browser.website import NOW, Website
from tests.serve.browser import PASSWORD

#: The address of somebody who has an account beside the demo's patient.
ANOTHER = "another@demo-clinic.example"


def first_time(page: Page) -> str:
    """Return the first time that is offered, such as 13:00."""
    found = re.search(r"\d\d:\d\d", page.locator(".first button").inner_text())
    assert found is not None
    return found[0]


def give_account(session: Session, email: str = ANOTHER, new: bool = False) -> Patient:
    """Let another patient, or a new one, have an account; do nothing if somebody has it."""
    user = session.scalar(select(User).where(User.email == email))
    if user is not None:
        return session.scalars(select(Patient).where(Patient.user_id == user.id)).one()
    somebody = session.scalars(
        select(Patient).where(Patient.user_id.is_(None)).order_by(Patient.email)
    ).first()
    assert somebody is not None
    patient = somebody
    if new:
        patient = Patient(practice_id=somebody.practice_id, name="Nora New", email=email)
        session.add(patient)
    user = User(
        practice_id=patient.practice_id, email=email, name=patient.name,
        password_hash=hash_password(PASSWORD),
    )  # fmt: skip
    user.roles = [UserRole(role="patient")]
    session.add(user)
    session.flush()
    patient.user_id = user.id
    return patient


def book_for_somebody_new(session: Session, practice_id: UUID, seat_id: UUID, name: str) -> None:
    """Book a seat for a patient whom the practice did not know."""
    patient = Patient(practice_id=practice_id, name=name)
    session.add(patient)
    session.flush()
    book(session, seat_id, patient.id, NOW, THE_SERVICE)


def leave_one_seat(website: Website, day: date) -> str:
    """Book all seats of a provider and a date but one; return the address of its search.

    The date is in the last week that has times.
    """

    def work(session: Session) -> str:
        visit_type = session.scalars(select(VisitType).order_by(VisitType.name)).first()
        assert visit_type is not None
        practice_id = visit_type.practice_id
        for provider in session.scalars(select(Provider).order_by(Provider.name)):
            found = seats_of_days(session, practice_id, visit_type.id, day, day, NOW, provider.id)
            free = [seat for one in found for seat in one.free]
            if len(free) > 1:
                for number, seat in enumerate(free[1:]):
                    book_for_somebody_new(session, practice_id, seat.id, f"Quick {number}")
                weekday = f"{day:%A}".lower()
                return (
                    f"/my/find?provider_id={provider.id}&visit_type_id={visit_type.id}"
                    f"&first={day}&weekdays={weekday}"
                )
        raise AssertionError("nobody has two free seats on that date")

    return website.work(work)
