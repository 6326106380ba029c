"""Whether a resource is one of R4: its elements, what it requires, and its code lists."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from serve.fhir.codes import allowed
from serve.fhir.outcome import Issue, NotTaken

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: Resources that are taken or served; the classes are R4B's, in which these are those of R4.
RESOURCES = (
    "Appointment", "AuditEvent", "Bundle", "CapabilityStatement", "HealthcareService", "Location",
    "OperationOutcome", "Parameters", "Patient", "Practitioner", "Schedule", "Slot",
)  # fmt: skip
#: A name of an element, which alone is told where something is wrong.
ELEMENT = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}")


def checked(resource: Any, kind: str, within: str = "") -> dict[str, Any]:
    """Return a resource that is one of a kind.

    Parameters
    ----------
    within
        Where the resource stands, as FHIRPath; empty for a body.

    Raises
    ------
    NotTaken
        With everything that is wrong with it.
    """
    issues = list(wrong_with(resource, kind, within))
    if issues:
        raise NotTaken(issues)
    found: dict[str, Any] = resource
    return found


def wrong_with(resource: Any, kind: str, within: str = "") -> Iterator[Issue]:
    """Yield what is wrong with a resource that should be of a kind."""
    place = within or kind
    if not isinstance(resource, Mapping):
        yield Issue("structure", "must be a resource", place)
        return
    if resource.get("resourceType") != kind:
        yield Issue("invalid", f"must be {kind}", f"{place}.resourceType")
        return
    try:
        model = class_of(kind).model_validate(resource)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            yield _issue(one, place)
        return
    yield from _wrong_values(model, resource, place)


def class_of(kind: str) -> type[BaseModel]:
    """Return the class of a kind of resource; it is loaded when it is first asked for."""
    if kind not in RESOURCES:
        raise KeyError(kind)
    found: type[BaseModel] = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    return found


def _issue(error: "ErrorDetails", place: str) -> Issue:
    kind, where = error["type"], list(error["loc"])
    if kind == "extra_forbidden":
        # The name of what is not known was chosen by whoever sent it.
        return Issue("structure", "has an element that R4 does not have", _path(place, where[:-1]))
    expression = _path(place, where)
    if kind.rpartition(".")[2] == "missing":
        return Issue("required", "must be given", expression)
    if kind == "value_error":
        if "mandatory" in error["msg"] or "required" in error["msg"]:
            return Issue("required", "lacks an element that must be given", expression)
        return Issue("value", "must have the form that R4 gives it", expression)
    if "parsing" in kind:
        return Issue("value", "must have the form that R4 gives it", expression)
    return Issue("structure", "must be of the type that R4 gives it", expression)


def _path(place: str, where: list[int | str]) -> str:
    path = place
    for part in where:
        if isinstance(part, int):
            path += f"[{part}]"
        elif ELEMENT.fullmatch(part):
            path += f".{part}"
    return path


def _wrong_values(model: BaseModel, sent: Any, place: str) -> Iterator[Issue]:
    """Yield codes that are in no list, and numbers that were taken for times."""
    name = type(model).__name__
    for field, about in type(model).model_fields.items():
        value = getattr(model, field)
        if value is None:
            continue
        element = about.alias or field
        codes = allowed(name, element)
        given = sent.get(element) if isinstance(sent, Mapping) else None
        many = isinstance(value, list)
        for number, one in enumerate(value if many else [value]):
            path = f"{place}.{element}[{number}]" if many else f"{place}.{element}"
            part = given[number] if many and isinstance(given, list) else given
            if isinstance(one, BaseModel):
                yield from _wrong_values(one, part, path)
            elif isinstance(one, (date, time)) and isinstance(part, (int, float)):
                yield Issue("structure", "must be of the type that R4 gives it", path)
            elif codes is not None and one not in codes:
                yield Issue("code-invalid", f"must be one of {', '.join(codes)}", path)
