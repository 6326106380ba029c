"""The waiting list, and offers of seats that came free."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from objective import InvalidInput
from serve.api.appointments import AppointmentOut
from serve.api.booking_access import who_for
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent, Told, window
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.booking.waiting_list import accept, decline, join, leave
from serve.booking.who import Who
from serve.models import Appointment, Offer, Provider, VisitType, WaitlistEntry

waiting_list = APIBlueprint("waiting_list", __name__, url_prefix="/api/v1")

#: Longest window of an entry, days.
LONGEST = 400


class EntryIn(Sent):
    """Who waits, for what and when; how urgent it is only staff say."""

    patient_id: Identifier
    visit_type_id: Identifier
    earliest: Day
    latest: Day
    provider_id: Identifier | None = None
    appointment_id: Identifier | None = None
    urgency: Annotated[float, Field(gt=0, le=1000)] = 1.0


class EntryOut(Told):
    """Somebody who waits."""

    id: UUID
    patient_id: UUID
    visit_type_id: UUID
    provider_id: UUID | None
    appointment_id: UUID | None
    earliest: date
    latest: date
    urgency: float
    status: str
    created_at: datetime
    version: int


class EntriesIn(PageIn):
    """Which entries."""

    status: Literal["waiting", "offered", "served", "left"] | None = None
    patient_id: Identifier | None = None


class EntriesOut(PageOut):
    """A page of entries."""

    items: list[EntryOut]


class OfferOut(Told):
    """A seat that is kept until the offer ends."""

    id: UUID
    entry_id: UUID
    seat_id: UUID
    hold_id: UUID
    status: str
    ends_at: datetime
    answered_at: datetime | None
    version: int


class OffersIn(PageIn):
    """Which offers."""

    status: Literal["offered", "accepted", "declined", "expired"] | None = None


class OffersOut(PageOut):
    """A page of offers."""

    items: list[OfferOut]


@route(
    waiting_list, "GET", "/waiting-list", "waitlist.read", "List who waits",
    query=EntriesIn, gives=EntriesOut,
)  # fmt: skip
def get_entries(call: Call, asked: EntriesIn) -> dict[str, Any]:
    """Return a page of the waiting list, first come first."""
    query = select(WaitlistEntry).where(WaitlistEntry.practice_id == call.practice_id)
    if call.reach == "own":
        query = query.where(WaitlistEntry.patient_id.in_(call.actor.patient_ids))
    if asked.status is not None:
        query = query.where(WaitlistEntry.status == asked.status)
    if asked.patient_id is not None:
        query = query.where(WaitlistEntry.patient_id == asked.patient_id)
    found = page(call.session, query, (WaitlistEntry.created_at, WaitlistEntry.id), asked)
    call.saw(*found["items"])
    return found


@route(
    waiting_list, "POST", "/waiting-list", "waitlist.change", "Wait for a seat",
    takes=EntryIn, gives=EntryOut, status=201,
)  # fmt: skip
def post_entry(call: Call, given: EntryIn) -> WaitlistEntry:
    """Put a patient on the waiting list."""
    window(given.earliest, given.latest, LONGEST, "latest")
    if given.urgency != 1.0 and call.reach != "practice":
        raise InvalidInput("urgency", given.urgency, "1: the practice decides what is urgent")
    call.find(VisitType, given.visit_type_id, "visit_type.read")
    if given.provider_id is not None:
        call.find(Provider, given.provider_id, "provider.read")
    if given.appointment_id is not None:
        call.find(Appointment, given.appointment_id)
    who_for(call, given.patient_id)
    made = join(
        call.session,
        given.patient_id,
        given.visit_type_id,
        given.earliest,
        given.latest,
        call.now,
        given.provider_id,
        given.appointment_id,
        given.urgency,
    )
    call.saw(made)
    return made


@route(
    waiting_list, "POST", "/waiting-list/<uuid:entry_id>/leave", "waitlist.change",
    "Stop waiting", gives=EntryOut, effect="changes",
)  # fmt: skip
def leave_list(call: Call, entry_id: UUID) -> WaitlistEntry:
    """Take an entry off the list."""
    return leave(call.session, call.find_to_change(WaitlistEntry, entry_id), call.now)


@route(
    waiting_list, "GET", "/offers", "waitlist.read", "List offers", query=OffersIn, gives=OffersOut,
)  # fmt: skip
def get_offers(call: Call, asked: OffersIn) -> dict[str, Any]:
    """Return a page of offers, the first to be made first."""
    query = (
        select(Offer)
        .join(WaitlistEntry, WaitlistEntry.id == Offer.entry_id)
        .options(joinedload(Offer.entry))
        .where(WaitlistEntry.practice_id == call.practice_id)
    )
    if call.reach == "own":
        query = query.where(WaitlistEntry.patient_id.in_(call.actor.patient_ids))
    if asked.status is not None:
        query = query.where(Offer.status == asked.status)
    found = page(call.session, query, (Offer.created_at, Offer.id), asked)
    call.saw(*found["items"])
    return found


@route(
    waiting_list, "POST", "/offers/<uuid:offer_id>/accept", "waitlist.change",
    "Take a seat that is offered", gives=AppointmentOut, effect="changes",
)  # fmt: skip
def accept_offer(call: Call, offer_id: UUID) -> Appointment:
    """Book the seat of an offer, or move the appointment that was to be moved."""
    offer = call.find_to_change(Offer, offer_id)
    who = Who(call.actor.user_id, staff=call.reach == "practice")
    made = accept(call.session, offer, call.now, who)
    call.saw(made)
    return made


@route(
    waiting_list, "POST", "/offers/<uuid:offer_id>/decline", "waitlist.change",
    "Leave a seat that is offered to the next", gives=OfferOut, effect="changes",
)  # fmt: skip
def decline_offer(call: Call, offer_id: UUID) -> Offer:
    """Let the next one have the seat."""
    return decline(call.session, call.find_to_change(Offer, offer_id), call.now)
