"""The tables of a clinic's history: their columns, and what these may hold."""

from dataclasses import dataclass
from typing import Literal

#: What a value may be. A time is on the clinic's wall clock, without a zone.
Kind = Literal["text", "time", "whole", "number", "flag"]

#: What becomes of a visit, from the request to its end.
STATUSES = (
    "requested",
    "held",
    "booked",
    "arrived",
    "in_consultation",
    "completed",
    "no_show",
    "cancelled_by_patient",
    "cancelled_by_practice",
)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name, kind
        What it is called, and what its values are.
    about
        What it says, in a sentence.
    required
        Whether the table must have it.
    empty
        Whether a row may have no value.
    low, high
        Range of a number.
    choices
        All values that a text may be; empty for any.
    """

    name: str
    kind: Kind
    about: str
    required: bool = True
    empty: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: its columns, and which of them together are no other row's.

    Further columns are kept: attributes of patients, external factors, and what else may tell
    something; a model uses those that its configuration names. A further column of the visits or
    offers must hold what is known when they are booked or made: it is not hidden from a forecast.

    Attributes
    ----------
    name, columns
        What it is called, and its columns.
    key
        Columns that together are no other row's.
    time
        The column by which rows are in order, and by which time divides the table.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str

    def column(self, name: str) -> Column:
        """Return the column of a name; raise `KeyError` if there is none."""
        return next(one for one in self.columns if one.name == name)


VISITS = Table(
    "visits",
    (
        Column("visit_id", "text", "Its name; no two visits have the same."),
        Column("patient_id", "text", "Whose it is."),
        Column("provider", "text", "Who sees the patient."),
        Column("visit_type", "text", "What it is for, such as new or return."),
        Column("booked_at", "time", "When it was booked; a walk-in books on arrival."),
        Column("scheduled_at", "time", "The appointment; a walk-in's is the arrival."),
        Column("status", "text", "What became of it.", choices=STATUSES),
        Column("arrived_at", "time", "When the patient came.", required=False, empty=True),
        Column("started_at", "time", "When the consultation began.", required=False, empty=True),
        Column("ended_at", "time", "When the consultation ended.", required=False, empty=True),
        Column("cancelled_at", "time", "When it was cancelled.", required=False, empty=True),
        Column("walk_in", "flag", "Whether it came unbooked.", required=False, empty=True),
    ),
    ("visit_id",),
    "scheduled_at",
)

ARRIVALS = Table(
    "arrivals",
    (
        Column("series", "text", "What is counted, such as a clinic or a visit type."),
        Column("start", "time", "When the period begins; the periods are equally long."),
        Column("count", "whole", "How many came or asked.", low=0, high=10_000_000),
    ),
    ("series", "start"),
    "start",
)

CONSULTATIONS = Table(
    "consultations",
    (
        Column("visit_id", "text", "The visit it belongs to."),
        Column("patient_id", "text", "Who was seen."),
        Column("provider", "text", "Who saw the patient."),
        Column("visit_type", "text", "What it was for."),
        Column("session", "text", "The clinic session it was part of."),
        Column("started_at", "time", "When it began."),
        Column("minutes", "number", "How long it took, minutes.", low=0, high=1_440),
    ),
    ("visit_id",),
    "started_at",
)

OFFERS = Table(
    "offers",
    (
        Column("offer_id", "text", "The occasion: all its rows were offered together."),
        Column("patient_id", "text", "Who chose."),
        Column("offered_at", "time", "When they were offered."),
        Column("seat_at", "time", "The appointment offered."),
        Column("provider", "text", "With whom."),
        Column("chosen", "flag", "Whether it was taken; of an occasion at most one is."),
    ),
    ("offer_id", "seat_at", "provider"),
    "offered_at",
)

TABLES = {table.name: table for table in (VISITS, ARRIVALS, CONSULTATIONS, OFFERS)}

#: When a row of each table took place.
TIMES = {
    "visits": "scheduled_at",
    "arrivals": "start",
    "consultations": "started_at",
    "offers": "offered_at",
}
#: The table that each quantity reads.
READ_BY = {
    "no_show": "visits",
    "demand": "arrivals",
    "consultation": "consultations",
    "preference": "offers",
}
