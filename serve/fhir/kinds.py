"""Kinds of resources: which rows they are, by what they are searched, and how they are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from serve.api.call import Call
from serve.auth.policy import reach
from serve.models import Base

SearchType = Literal["date", "reference", "string", "token"]
#: Returns the condition of a value; gets the call, the value and the modifier, or no text.
Search = Callable[[Call, str, str], ColumnElement[bool]]


@dataclass(frozen=True)
class Parameter:
    """A search parameter.

    Attributes
    ----------
    kind
        Its type in R4.
    about
        What it looks for.
    condition
        What rows of a value have.
    modifiers
        Which modifiers it takes, such as ``exact``.
    """

    kind: SearchType
    about: str
    condition: Search
    modifiers: Sequence[str] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes
    ----------
    name
        Its name in R4.
    model
        Which rows it is.
    argument
        What its path calls the identifier, with its converter.
    action
        What somebody must be allowed to do to see it.
    rows
        Returns the query of all rows that somebody may see.
    order
        Columns by which rows are in order; no two rows have the same.
    tell
        Returns the resources that rows are.
    parameters
        By what it is searched.
    includes
        What may come with it: returns resources of other kinds, by the name of the parameter.
    profile
        Whose profile it follows; empty for R4 alone.
    versioned
        Whether its resources have versions: one that changes with the hour has none.
    latest_first
        Whether the order is the other way round.
    """

    name: str
    model: type[Base]
    argument: str
    action: str
    rows: Callable[[Call], Select[Any]]
    order: tuple[InstrumentedAttribute[Any], ...]
    tell: Callable[[Call, Sequence[Any]], list[dict[str, Any]]]
    parameters: Mapping[str, Parameter]
    includes: Mapping[str, Callable[[Call, Sequence[Any]], list[dict[str, Any]]]] = field(
        default_factory=dict
    )
    profile: str = ""
    versioned: bool = True
    latest_first: bool = False


#: All kinds that are served, by their names; whoever serves one adds it.
KINDS: dict[str, Kind] = {}


def others(call: Call, kind: Kind, identifiers: Sequence[Any]) -> list[dict[str, Any]]:
    """Return resources of another kind that somebody may see, to come with a search."""
    wanted = sorted({one for one in identifiers if one is not None})
    if not wanted or reach(call.actor, kind.action) is None:
        return []
    # How far somebody sees is another one for another kind.
    within = Call(
        call.session, call.actor, kind.action, reach(call.actor, kind.action) or "own", call.now
    )
    column = kind.model.id  # type: ignore[attr-defined]
    found = list(call.session.scalars(kind.rows(within).where(column.in_(wanted))))
    within.saw(*(one for one in found if kind.name in OF_PATIENTS))
    call.audit += within.audit
    return kind.tell(within, found)


#: Kinds that are data of patients, whose reading is written down.
OF_PATIENTS = ("Appointment", "Patient")
