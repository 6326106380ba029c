"""What availability comes to: blocks on dates, as they are and as a change would make them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import model_validator

from serve.api.availability_fields import (
    LONGEST,
    AppointmentTime,
    ExceptionBody,
    RuleBody,
    exception_values,
    rule_values,
    zone_of,
)
from serve.api.call import Call
from serve.api.fields import Day, Identifier, Sent, Told, window
from serve.api.route import route
from serve.booking.availability import Stored, blocks_of, stored
from serve.booking.outside import outside
from serve.errors import NotFound
from serve.models import AvailabilityException, AvailabilityRule, Provider

availability_preview = APIBlueprint("availability_preview", __name__, url_prefix="/api/v1")


class BlocksIn(Sent):
    """Whose blocks, from which date to which."""

    provider_id: Identifier
    first: Day
    last: Day


class PreviewIn(BlocksIn):
    """A change of a provider's availability: what is added, and what it replaces or takes away.

    With ``rule`` or ``exception`` alone something is added; with ``replaces`` alone the rule or
    exception of that identifier is deleted; with both it is changed.
    """

    rule: RuleBody | None = None
    exception: ExceptionBody | None = None
    replaces: Identifier | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.rule is not None and self.exception is not None:
            raise ValueError("rule and exception must not both be given")
        if self.rule is None and self.exception is None and self.replaces is None:
            raise ValueError("rule, exception or replaces must be given")
        return self


class BlockOut(Told):
    """A block: when a provider holds clinic."""

    day: date
    starts_at: datetime
    ends_at: datetime
    visit_type_id: UUID
    location_id: UUID
    room_id: UUID | None
    template_id: UUID | None


class BlocksOut(Told):
    """Blocks in order, and the appointments to come that lie in none."""

    blocks: list[BlockOut]
    appointments_outside: list[AppointmentTime]


class PreviewOut(BlocksOut):
    """What a change would do.

    ``blocks`` are all that there would be, ``added`` and ``removed`` the difference;
    ``appointments_outside`` are those that the change would leave outside.
    """

    added: list[BlockOut]
    removed: list[BlockOut]


@route(
    availability_preview, "GET", "/availability", "availability.read",
    "Tell when a provider holds clinic", query=BlocksIn, gives=BlocksOut,
)  # fmt: skip
def get_availability(call: Call, asked: BlocksIn) -> dict[str, Any]:
    """Return a provider's blocks, and the appointments to come outside of them."""
    window(asked.first, asked.last, LONGEST)
    call.find(Provider, asked.provider_id)
    zone = zone_of(call)
    held = stored(call.session, [asked.provider_id], asked.first, asked.last)
    left = outside(call.session, asked.provider_id, zone, call.now)
    call.saw(*left)
    blocks = blocks_of(*held, asked.first, asked.last, zone)
    return {"blocks": blocks, "appointments_outside": left}


@route(
    availability_preview, "POST", "/availability/preview", "availability.read",
    "Tell what a change of availability would do", takes=PreviewIn, gives=PreviewOut,
    effect="computes",
)  # fmt: skip
def post_preview(call: Call, given: PreviewIn) -> dict[str, Any]:
    """Return what a rule or an exception would do if it were saved."""
    window(given.first, given.last, LONGEST)
    call.find(Provider, given.provider_id)
    zone = zone_of(call)
    proposed = _Proposed.of(call, given)
    held = stored(call.session, [given.provider_id], given.first, given.last)
    before = blocks_of(*held, given.first, given.last, zone)
    after = blocks_of(*proposed(held), given.first, given.last, zone)
    known = {one.id for one in outside(call.session, given.provider_id, zone, call.now)}
    touched = [
        one
        for one in outside(call.session, given.provider_id, zone, call.now, proposed)
        if one.id not in known
    ]
    call.saw(*touched)
    return {
        "blocks": after,
        "added": [one for one in after if one not in set(before)],
        "removed": [one for one in before if one not in set(after)],
        "appointments_outside": touched,
    }


@dataclass(frozen=True)
class _Proposed:
    """A change of what is stored, which it leaves as it is."""

    rule: AvailabilityRule | None
    exception: AvailabilityException | None
    replaces: UUID | None

    @staticmethod
    def of(call: Call, given: PreviewIn) -> "_Proposed":
        """Return the change that is asked for; raise what saving it would raise."""
        if given.replaces is not None:
            row = call.session.get(AvailabilityRule, given.replaces) or call.session.get(
                AvailabilityException, given.replaces
            )
            if row is None or row.provider_id != given.provider_id:
                raise NotFound("rule or exception")
        rule = exception = None
        if given.rule is not None:
            values = rule_values(call, given.rule)
            rule = AvailabilityRule(provider_id=given.provider_id, **values)
        if given.exception is not None:
            values = exception_values(call, given.exception)
            exception = AvailabilityException(provider_id=given.provider_id, **values)
        return _Proposed(rule, exception, given.replaces)

    def __call__(self, held: Stored) -> Stored:
        """Return the rules and exceptions as they would be."""
        rules = [one for one in held[0] if one.id != self.replaces]
        exceptions = [one for one in held[1] if one.id != self.replaces]
        if self.rule is not None:
            rules.append(self.rule)
        if self.exception is not None:
            exceptions.append(self.exception)
        return rules, exceptions
