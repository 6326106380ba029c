"""An offer is told while it is open, and what becomes of it follows."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from serve.booking.changing import cancel
from serve.booking.holding import book
from serve.booking.offering import offer_freed_seats
from serve.booking.waiting_list import accept, decline, expire_offers, join
from serve.database import reading
from serve.models import Offer
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import NOW
from tests.serve.notify.conftest import Told


@pytest.fixture
def offer(told: Told) -> Offer:
    """The first seat, offered to the patient for two hours."""
    window = (date(2026, 3, 3), date(2026, 3, 20))
    told.do(join, told.clinic.patient, told.clinic.visit_type, *window, NOW)
    assert told.do(offer_freed_seats, NOW) == 1
    with reading() as session:
        return session.scalars(select(Offer)).one()


def test_an_offer_says_until_when_it_can_be_accepted(told: Told, offer: Offer):
    """On the practice's clock, with the date."""
    assert told.kinds(offer.hold_id) == ["offer"]
    told.send()
    (mail,) = told.mails()
    assert mail["Subject"] == "Bailey: an appointment on Thursday, 5 March 2026 is free for you"
    text = mail.get_body(("plain",)).get_content()
    assert "It is kept for you until Monday, 2 March 2026, 11:15." in text
    assert told.send() == 0


@pytest.mark.parametrize("sent", [True, False])
def test_what_is_accepted_is_confirmed(told: Told, offer: Offer, sent: bool):
    """And the offer, if it was not sent yet, is not sent any more."""
    if sent:
        told.send()
    told.do(accept, offer, NOW, STAFF)
    told.send()
    assert "confirmation" in told.kinds(offer.hold_id, "sent")
    assert told.kinds(offer.hold_id).count("offer") == 1
    assert ("offer" in told.kinds(offer.hold_id, "sent")) is sent


def test_what_is_declined_or_over_is_not_sent(told: Told, offer: Offer):
    """Nor is its end told: nobody had a visit."""
    told.do(decline, offer, NOW)
    assert told.kinds(offer.hold_id, "withdrawn") == ["offer"]
    assert told.send() == 0


def test_an_offer_that_nobody_answers_ends_quietly(told: Told, offer: Offer):
    """Told once, and nothing after it."""
    told.send()
    told.clock.forward(hours=2)
    told.do(expire_offers, told.clock())
    assert told.kinds(offer.hold_id) == ["offer"]
    assert told.send() == 0


def test_an_offer_is_not_sent_after_its_end(told: Told, offer: Offer):
    """If no courier came in time."""
    told.clock.forward(hours=2)
    told.send()
    assert told.kinds(offer.hold_id, "withdrawn") == ["offer"]


def test_an_earlier_seat_that_is_accepted_is_told_as_a_change(told: Told):
    """Of the visit that moves; the hold that kept the seat tells nothing."""
    visit = told.do(book, told.seats[5], told.clinic.patient, NOW, STAFF)
    told.send()
    other = told.do(book, told.seats[0], told.clinic.stranger, NOW, STAFF)
    for seat in told.seats[1:5]:
        told.do(book, seat, told.add_patient(), NOW, STAFF)

    def wait(session: Any) -> None:
        window = (date(2026, 3, 3), date(2026, 3, 20))
        join(
            session, told.clinic.patient, told.clinic.visit_type, *window, NOW,
            appointment_id=visit.id,
        )  # fmt: skip

    told.do(wait)
    told.do(cancel, other, NOW, STAFF)
    assert told.do(offer_freed_seats, NOW) == 1
    with reading() as session:
        offer = session.scalars(select(Offer)).one()
    told.send()
    told.do(accept, offer, NOW + timedelta(minutes=1), STAFF)
    told.clock.forward(minutes=1)
    told.send()
    assert told.kinds(offer.hold_id) == ["offer"]
    assert told.kinds(visit, "sent") == ["confirmation", "change"]
