"""How what a form sends is read, and how it is told what is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from flask import g, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from objective import InvalidInput
from serve.auth.session import CSRF_FIELD
from serve.errors import Conflict, Refused, VersionChanged
from serve.web.figures import PICTURE
from serve.web.texts import _

#: What forms and pages' addresses send beside what they ask for: a text that no other form has, the
#: version of what was read, and of which figure a picture is wanted.
ONCE, VERSION = "once", "version"
OURS = (CSRF_FIELD, ONCE, VERSION, PICTURE)

Model = TypeVar("Model", bound=BaseModel)


class WrongForm(Exception):
    """A form with fields that cannot be used.

    Parameters
    ----------
    errors
        Field and message of each.
    """

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__("a form cannot be used")
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Refusal:
    """Why a form was refused.

    Attributes
    ----------
    status
        The answer's.
    summary
        Why, in a sentence.
    errors
        By field, what is wrong with it.
    reason
        A word for programs, such as ``seat_taken``; empty where there is none.
    """

    status: int
    summary: str
    errors: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def refusal_of(error: Exception) -> Refusal:
    """Return what a reader is told of a refused form."""
    if isinstance(error, WrongForm):
        return Refusal(422, _("Some of it cannot be used; see below."), dict(error.errors))
    if isinstance(error, InvalidInput):
        message = _("Must be %(allowed)s.") % {"allowed": error.allowed}
        return Refusal(422, _("Some of it cannot be used; see below."), {error.field: message})
    assert isinstance(error, Refused)
    if isinstance(error, VersionChanged):
        told = _("Somebody else changed it meanwhile. Here it is as it is now: decide anew.")
        return Refusal(error.status, told)
    reason = error.reason if isinstance(error, Conflict) else ""
    return Refusal(error.status, str(error), dict(error.errors), reason)


def read(
    model: type[Model],
    lists: Sequence[str] = (),
    beside: Collection[str] = (),
    kept_empty: Sequence[str] = (),
    **more: Any,
) -> Model:
    """Return what the request's form, or else its address, sends as a model of the API.

    A field that is left empty is one that was not sent.

    Parameters
    ----------
    lists
        Fields that may come several times; without any they are empty.
    beside
        Fields of the form that are no fields of the model.
    kept_empty
        Fields that may be emptied.
    more
        What the page itself knows.

    Raises
    ------
    WrongForm
        If a field is missing or cannot be used.
    """
    sent: MultiDict[str, str] = request.form if request.method == "POST" else request.args
    values: dict[str, Any] = {
        name: value
        for name, value in sent.items()
        if name not in (*OURS, *beside) and (value.strip() or name in kept_empty)
    }
    values |= {name: [one for one in sent.getlist(name) if one.strip()] for name in lists} | more
    return model_of(model, values)


def model_of(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return a model with values; raise `WrongForm` if it cannot have them.

    Texts stand for numbers where the model wants one: a form sends nothing else.
    """
    try:
        return model.model_validate(_with_numbers(model, values))
    except ValidationError as error:
        raise WrongForm(
            [(_field_of(one["loc"]), _message(one["msg"])) for one in error.errors()]
        ) from None


def _field_of(place: Sequence[int | str]) -> str:
    """Return the field that is wrong: of a list as a whole, whichever of it is."""
    return ".".join(map(str, takewhile(lambda one: isinstance(one, str), place)))


def kept(name: str, value: Any = "") -> Any:
    """Return what a field shows: what was typed, if the form was refused, or else a value."""
    if "refusal" in g:
        return request.values.get(name, "")
    return value


def kept_list(name: str, values: Sequence[Any] = ()) -> list[str]:
    """Return what is chosen in a field that may come several times."""
    if "refusal" in g:
        return request.values.getlist(name)
    return [str(one) for one in values]


def once_of(form: Mapping[str, str]) -> str:
    """Return the text that no other form has; empty if it has none that can be kept."""
    text = form.get(ONCE, "")
    return text if text.isalnum() and text.isascii() and len(text) <= 64 else ""


def version_of(form: Mapping[str, str]) -> int | None:
    """Return which version the form was made of; None if it does not say."""
    text = form.get(VERSION, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _with_numbers(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    fields = model.model_fields
    return {
        name: _as_number(fields[name].annotation, value) if name in fields else value
        for name, value in values.items()
    }


def _as_number(annotation: Any, value: Any) -> Any:
    """Return a value with numbers where a type wants some and there are texts of numbers."""
    kinds = _kinds(annotation)
    if isinstance(value, Mapping):
        inner = next((one for one in kinds if _is_model(one)), None)
        return value if inner is None else _with_numbers(inner, value)
    if isinstance(value, list):
        inside = [get_args(one) for one in kinds if get_origin(one) is list]
        return [_as_number(inside[0][0], one) for one in value] if inside else value
    if isinstance(value, str) and str not in kinds:
        for kind in (int, float):
            if kind in kinds:
                with suppress(ValueError):
                    return kind(value)
    return value


def _kinds(annotation: Any) -> list[Any]:
    """Return the types that a value may be of."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in _kinds(one)]
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _message(text: str) -> str:
    """Return a sentence, of pydantic's that begin in different ways."""
    told = text.removeprefix("Value error, ").strip()
    if told == "Field required":
        return _("Fill this in.")
    return f"{told[:1].upper()}{told[1:]}{'' if told.endswith('.') else '.'}"
