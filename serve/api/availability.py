"""When providers hold clinic: rules, and exceptions to them."""

from typing import Any, TypeVar
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import Select, select

from serve.api.availability_fields import (
    ExceptionBody,
    ExceptionIn,
    ExceptionOut,
    ExceptionSaved,
    ExceptionsOut,
    ListIn,
    Outside,
    RuleBody,
    RuleIn,
    RuleOut,
    RuleSaved,
    RulesOut,
    exception_values,
    rule_values,
    zone_of,
)
from serve.api.call import Call
from serve.api.fields import Told
from serve.api.pages import page
from serve.api.route import route
from serve.booking.outside import outside, withdraw_outside
from serve.models import Appointment, AvailabilityException, AvailabilityRule, Provider

availability = APIBlueprint("availability", __name__, url_prefix="/api/v1")

Row = TypeVar("Row", AvailabilityRule, AvailabilityException)


@route(
    availability, "GET", "/availability-rules", "availability.read", "List the rules",
    query=ListIn, gives=RulesOut,
)  # fmt: skip
def get_rules(call: Call, asked: ListIn) -> dict[str, Any]:
    """Return a page of rules."""
    query = _seen(call, select(AvailabilityRule), AvailabilityRule, asked)
    return page(call.session, query, (AvailabilityRule.first_date, AvailabilityRule.id), asked)


@route(
    availability, "GET", "/availability-rules/<uuid:rule_id>", "availability.read",
    "Tell of a rule", gives=RuleOut,
)  # fmt: skip
def get_rule(call: Call, rule_id: UUID) -> AvailabilityRule:
    """Return a rule."""
    return call.find(AvailabilityRule, rule_id)


@route(
    availability, "POST", "/availability-rules", "availability.change", "Add a rule",
    takes=RuleIn, gives=RuleSaved, status=201,
)  # fmt: skip
def post_rule(call: Call, given: RuleIn) -> dict[str, Any]:
    """Add a rule."""
    call.find(Provider, given.provider_id)
    before = _outside(call, given.provider_id)
    made = AvailabilityRule(provider_id=given.provider_id, **rule_values(call, given))
    call.session.add(made)
    return _saved(call, made, RuleOut, before)


@route(
    availability, "PUT", "/availability-rules/<uuid:rule_id>", "availability.change",
    "Change a rule", takes=RuleBody, gives=RuleSaved,
)  # fmt: skip
def put_rule(call: Call, rule_id: UUID, given: RuleBody) -> dict[str, Any]:
    """Change a rule; what is booked stays, and what is outside now is told."""
    found = call.find_to_change(AvailabilityRule, rule_id)
    before = _outside(call, found.provider_id)
    _give(found, rule_values(call, given))
    return _saved(call, found, RuleOut, before)


@route(
    availability, "DELETE", "/availability-rules/<uuid:rule_id>", "availability.change",
    "Delete a rule", gives=Outside,
)  # fmt: skip
def delete_rule(call: Call, rule_id: UUID) -> dict[str, Any]:
    """Delete a rule; what is booked stays, and what is outside now is told."""
    return _deleted(call, call.find_to_change(AvailabilityRule, rule_id))


@route(
    availability, "GET", "/availability-exceptions", "availability.read", "List the exceptions",
    query=ListIn, gives=ExceptionsOut,
)  # fmt: skip
def get_exceptions(call: Call, asked: ListIn) -> dict[str, Any]:
    """Return a page of exceptions."""
    query = _seen(call, select(AvailabilityException), AvailabilityException, asked)
    order = (AvailabilityException.day, AvailabilityException.id)
    return page(call.session, query, order, asked)


@route(
    availability, "GET", "/availability-exceptions/<uuid:exception_id>", "availability.read",
    "Tell of an exception", gives=ExceptionOut,
)  # fmt: skip
def get_exception(call: Call, exception_id: UUID) -> AvailabilityException:
    """Return an exception."""
    return call.find(AvailabilityException, exception_id)


@route(
    availability, "POST", "/availability-exceptions", "availability.change", "Add an exception",
    takes=ExceptionIn, gives=ExceptionSaved, status=201,
)  # fmt: skip
def post_exception(call: Call, given: ExceptionIn) -> dict[str, Any]:
    """Add an exception; what is booked stays, and what is outside now is told."""
    call.find(Provider, given.provider_id)
    before = _outside(call, given.provider_id)
    made = AvailabilityException(provider_id=given.provider_id, **exception_values(call, given))
    call.session.add(made)
    return _saved(call, made, ExceptionOut, before)


@route(
    availability, "PUT", "/availability-exceptions/<uuid:exception_id>", "availability.change",
    "Change an exception", takes=ExceptionBody, gives=ExceptionSaved,
)  # fmt: skip
def put_exception(call: Call, exception_id: UUID, given: ExceptionBody) -> dict[str, Any]:
    """Change an exception; what is booked stays, and what is outside now is told."""
    found = call.find_to_change(AvailabilityException, exception_id)
    before = _outside(call, found.provider_id)
    _give(found, exception_values(call, given))
    return _saved(call, found, ExceptionOut, before)


@route(
    availability, "DELETE", "/availability-exceptions/<uuid:exception_id>",
    "availability.change", "Delete an exception", gives=Outside,
)  # fmt: skip
def delete_exception(call: Call, exception_id: UUID) -> dict[str, Any]:
    """Delete an exception; what is booked stays, and what is outside now is told."""
    return _deleted(call, call.find_to_change(AvailabilityException, exception_id))


def _give(row: Row, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _seen(call: Call, query: Select[Any], model: type[Row], asked: ListIn) -> Select[Any]:
    """Return a query for what of a practice the actor may see, of one provider if asked."""
    query = query.join(Provider, model.provider_id == Provider.id)
    query = query.where(Provider.practice_id == call.practice_id)
    if call.reach == "own":
        query = query.where(model.provider_id == call.actor.provider_id)
    if asked.provider_id is not None:
        query = query.where(model.provider_id == asked.provider_id)
    return query


def _outside(call: Call, provider_id: UUID) -> list[Appointment]:
    call.session.flush()
    return outside(call.session, provider_id, zone_of(call), call.now)


def _newly(call: Call, provider_id: UUID, before: list[Appointment]) -> list[Appointment]:
    """Let nobody book outside any more; return the appointments that are outside now."""
    call.session.flush()
    withdraw_outside(call.session, provider_id, zone_of(call), call.now)
    known = {one.id for one in before}
    found = [one for one in _outside(call, provider_id) if one.id not in known]
    call.saw(*found)
    return found


def _saved(call: Call, row: Row, told: type[Told], before: list[Appointment]) -> dict[str, Any]:
    found = _newly(call, row.provider_id, before)
    return told.model_validate(row).model_dump(mode="json") | {"appointments_outside": found}


def _deleted(call: Call, row: Row) -> dict[str, Any]:
    before = _outside(call, row.provider_id)
    call.session.delete(row)
    return {"appointments_outside": _newly(call, row.provider_id, before)}
