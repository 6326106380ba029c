"""Seats that came free and are kept for one who waits, until the offer ends."""

from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from serve.api.call import Call
from serve.api.waiting_list import OffersIn, accept_offer, decline_offer, get_offers
from serve.models import Offer, Seat
from serve.web.names import everything
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import clock


@dataclass(frozen=True)
class OpenOffer:
    """An offer, and the seat that it is of."""

    offer: Offer
    seat: Seat


def open_offers(call: Call, patient_id: UUID) -> list[OpenOffer]:
    """Return the offers that a patient can still take."""
    offers = everything(get_offers, call.to("waitlist.read"), OffersIn(status="offered"))
    return [
        OpenOffer(one, call.session.get_one(Seat, one.seat_id))
        for one in offers
        if one.entry.patient_id == patient_id and one.ends_at > call.now
    ]


@shows(pages, "/offers/<uuid:offer_id>", "waitlist.read")
def offer(call: Call, offer_id: UUID) -> str:
    """Show an offer, with until when it can be taken."""
    found = call.find(Offer, offer_id)
    return render(
        "patient/offer.html", one=OpenOffer(found, call.session.get_one(Seat, found.seat_id))
    )


@does(pages, "/offers/<uuid:offer_id>/accept", "waitlist.change", form=offer)
def accept(call: Call, offer_id: UUID) -> Done:
    """Take the seat."""
    made = accept_offer(call, offer_id)
    to = url_for(".visit", appointment_id=made.id)
    return Done(to, _("%(time)s is booked.") % {"time": clock(made.starts_at)})


@does(pages, "/offers/<uuid:offer_id>/decline", "waitlist.change", form=offer)
def decline(call: Call, offer_id: UUID) -> Done:
    """Leave it to the next one."""
    whom = decline_offer(call, offer_id).entry.patient_id
    return Done(url_for(".waiting_list", whom=whom), _("The time goes to the next who waits."))
