"""Searching: parameters in, a page of resources out, with the address of the next one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from sqlalchemy import ColumnElement, func, or_, select

from serve.api.call import Call
from serve.api.pages import LONGEST_PAGE, PageIn, page
from serve.fhir.kinds import OF_PATIENTS, Kind, Parameter
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.references import UUIDS, base_url, url_of
from serve.fhir.values import LONGEST, wrong

#: What every search takes beside its own parameters, and how it is described.
CONTROLS: Mapping[str, str] = {
    "_count": f"most resources of a page, up to {LONGEST_PAGE}; 0 for the total alone",
    "_cursor": "where a page begins, as the link to it says",
    "_format": "json",
    "_include": "what comes with it, such as Slot:schedule",
    "_summary": "count for the total alone",
}
#: Resources of a page, unless the search says it.
USUAL = 50
#: Most parameters of a search, and most values of one.
MOST = 50


@dataclass
class Asked:
    """A search, read.

    Attributes
    ----------
    conditions
        What rows must have.
    used
        The parameters that were understood, as the link to the search itself repeats them.
    count, cursor
        Which page.
    includes
        Names of what comes with it.
    """

    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    count: int = USUAL
    cursor: str | None = None
    total_only: bool = False
    includes: list[str] = field(default_factory=list)


def strict() -> bool:
    """Return whether whoever asks wants what is not understood refused."""
    preferred = request.headers.get("Prefer", "").lower().replace(" ", "")
    return "handling=strict" in preferred.replace(";", ",").split(",")


def searched(call: Call, kind: Kind, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the page of a search, as a Bundle.

    Raises
    ------
    NotTaken
        If a value cannot be used, or what is not understood is to be refused.
    """
    asked = read(call, kind, list(given))
    query = kind.rows(call).where(*asked.conditions)
    total = call.session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    if asked.total_only:
        return bundle(kind.name, total or 0, asked.used, [])
    part = PageIn(limit=asked.count, cursor=asked.cursor)
    found = page(call.session, query, kind.order, part, kind.latest_first)
    rows = found["items"]
    if kind.name in OF_PATIENTS:
        call.saw(*rows)
    entries = [_entry(one, "match") for one in kind.tell(call, rows)]
    there = {entry["fullUrl"] for entry in entries}
    for name in asked.includes:
        for one in kind.includes[name](call, rows):
            entry = _entry(one, "include")
            if entry["fullUrl"] not in there:
                there.add(entry["fullUrl"])
                entries.append(entry)
    return bundle(kind.name, total or 0, asked.used, entries, found["next"])


def bundle(
    kind: str,
    total: int,
    used: Sequence[tuple[str, str]],
    entries: list[dict[str, Any]],
    cursor: str | None = None,
) -> dict[str, Any]:
    """Return what was found as a Bundle with links to itself and to the next page."""
    told: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": "self", "url": _address(kind, used)}],
    }
    if cursor is not None:
        rest = [pair for pair in used if pair[0] != "_cursor"]
        url = _address(kind, [*rest, ("_cursor", cursor)])
        told["link"].append({"relation": "next", "url": url})
    if entries:
        told["entry"] = entries
    return told


def match(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a resource that was found."""
    return _entry(resource, "match")


def read(call: Call, kind: Kind, given: Sequence[tuple[str, str]]) -> Asked:
    """Return what a search asks for."""
    asked, unknown = Asked(), []
    if len(given) > MOST:
        raise NotTaken([Issue("too-costly", f"at most {MOST} parameters are taken")], 400)
    for full, value in given:
        name, _, modifier = full.partition(":")
        if len(value) > LONGEST and name != "_cursor":
            raise wrong(_safe(name, kind), f"of at most {LONGEST} characters")
        if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise wrong(_safe(name, kind), "a text without control characters")
        parameter = parameters_of(kind).get(name)
        if name in CONTROLS and not modifier:
            understood = _control(asked, kind, name, value)
        elif parameter is not None and modifier in ("", *parameter.modifiers):
            asked.conditions.append(_any_of(call, name, parameter, value, modifier))
            understood = True
        else:
            understood = False
        if understood:
            asked.used.append((full, value))
        else:
            unknown.append(name)
    if unknown and strict():
        known = ", ".join([*parameters_of(kind), *CONTROLS])
        message = f"{len(unknown)} of the parameters are not known; those that are: {known}"
        raise NotTaken([Issue("not-supported", message)], 400)
    return asked


def parameters_of(kind: Kind) -> Mapping[str, Parameter]:
    """Return the parameters by which a kind is searched, with those of all kinds."""
    return {"_id": Parameter("token", "the identifier", _by_id(kind)), **kind.parameters}


def _by_id(kind: Kind) -> Any:
    column = kind.model.id  # type: ignore[attr-defined]

    def condition(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
        if column.type.python_type is int:
            number = int(value) if value.isascii() and value.isdecimal() else -1
            by_number: ColumnElement[bool] = column == (number if number < 2**62 else -1)
            return by_number
        wanted = [UUID(value)] if UUIDS.fullmatch(value) else []
        by_uuid: ColumnElement[bool] = column.in_(wanted)
        return by_uuid

    return condition


def _any_of(
    call: Call, name: str, parameter: Parameter, value: str, modifier: str
) -> ColumnElement[bool]:
    """Return the condition that one of several values, with commas between, is met."""
    values = [one.strip() for one in value.split(",")]
    if not all(values) or len(values) > MOST:
        raise wrong(name, f"a value, or up to {MOST} with commas between")
    return or_(*(parameter.condition(call, one, modifier) for one in values))


def _control(asked: Asked, kind: Kind, name: str, value: str) -> bool:
    if name == "_count":
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise wrong(name, "a whole number from 0 on")
        asked.count = min(max(int(value), 1), LONGEST_PAGE)
        asked.total_only = asked.total_only or int(value) == 0
    elif name == "_cursor":
        if len(value) > 500:
            raise wrong(name, "that of a link to a page")
        asked.cursor = value
    elif name == "_summary":
        if value not in ("count", "false"):
            return False
        asked.total_only = asked.total_only or value == "count"
    elif name == "_include":
        source, _, parameter = value.partition(":")
        target = parameter.partition(":")[0]
        if source != kind.name or target not in kind.includes:
            return False
        asked.includes.append(target)
    return True


def _safe(name: str, kind: Kind) -> str:
    """Return the name of a parameter if it is one, and else nothing that was sent."""
    return name if name in CONTROLS or name in parameters_of(kind) else "parameter"


def _address(kind: str, used: Sequence[tuple[str, str]]) -> str:
    query = f"?{urlencode(used)}" if used else ""
    return f"{base_url()}/{kind}{query}"


def _entry(resource: dict[str, Any], mode: str) -> dict[str, Any]:
    return {
        "fullUrl": url_of(resource["resourceType"], resource["id"]),
        "resource": resource,
        "search": {"mode": mode},
    }
