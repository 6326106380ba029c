"""The form of a session: what is scheduled, and for whom it is to be good."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field

from opt import make_strategy, optimise
from opt.constraints import Constraints
from opt.result import objective_from_dict
from serve.api.fields import Identifier, Sent
from serve.api.schemas import MAX_INTERVALS, MAX_PATIENTS, ObjectiveIn
from serve.models import VisitType
from serve.web.balance import EVEN, Balance, weights_of
from serve.web.forms import WrongForm, model_of
from serve.web.texts import _

#: Laws of consultation times that a form asks for, and how many numbers each takes.
LAWS = {"gamma": 2, "lognormal": 2, "weibull": 2, "exponential": 1, "deterministic": 1}
#: Minutes of a session that a form begins with.
USUAL = 180
#: When a session of a form begins, minutes after midnight.
BEGINS = 9 * 60
#: A time within which nobody is booked, such as 10:30-10:45.
BREAK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")


class SessionForm(Sent):
    """A session as a form has it.

    ``balance`` is how much of a hundred the provider's end of the session counts; the rest is the
    patients' waiting. Finer weights replace it. ``x`` is one's own schedule, patients per interval;
    it counts while ``patients`` is still ``was``, what it was when the schedule was made. In
    ``breaks`` nobody is booked: times such as 10:30-10:45 with commas between, on a clock by which
    the session begins at `BEGINS`.
    """

    visit_type_id: Identifier | None = None
    patients: Annotated[int, Field(ge=1, le=MAX_PATIENTS)] = 12
    intervals: Annotated[int, Field(ge=1, le=MAX_INTERVALS)] = 36
    interval_length: Annotated[float, Field(gt=0, le=240)] = 5.0
    law: Literal["gamma", "lognormal", "weibull", "exponential", "deterministic"] = "gamma"
    mean: Annotated[float, Field(gt=0, le=1440)] = 12.0
    cv: Annotated[float, Field(gt=0, le=5)] = 0.5
    no_show: Annotated[float, Field(ge=0, lt=1)] = 0.05
    walk_ins: Annotated[float, Field(ge=0, le=20)] = 0.0
    balance: Balance = EVEN
    idle_definition: Literal["session", "makespan"] = "session"
    waiting: Annotated[float, Field(ge=0, le=1e6)] | None = None
    idle: Annotated[float, Field(ge=0, le=1e6)] | None = None
    tardiness: Annotated[float, Field(ge=0, le=1e6)] | None = None
    capacity: Annotated[int, Field(ge=1, le=MAX_PATIENTS)] | None = None
    breaks: Annotated[str, Field(max_length=200)] = ""
    was: Annotated[int, Field(ge=0)] | None = None
    x: list[Annotated[int, Field(ge=0, le=MAX_PATIENTS)]] = Field(default_factory=list)

    @property
    def drawn(self) -> bool:
        """Whether it has a schedule of one's own."""
        return (
            len(self.x) == self.intervals
            and 1 <= sum(self.x) <= MAX_PATIENTS
            and self.was in (None, self.patients)
        )

    @property
    def number(self) -> int:
        """How many patients are booked: those of one's own schedule, where there is one."""
        return sum(self.x) if self.drawn else self.patients

    @property
    def weights(self) -> dict[str, float]:
        """What a minute of each part is worth."""
        finer = (self.waiting, self.idle, self.tardiness)
        if any(one is not None for one in finer):
            names = ("waiting", "idle", "tardiness")
            return {name: one or 0.0 for name, one in zip(names, finer, strict=True)}
        weights = weights_of(self.balance)
        if self.idle_definition == "makespan":
            half = weights["tardiness"] / 2
            return weights | {"idle": half, "tardiness": half}
        return weights

    def objective(self) -> dict[str, Any]:
        """Return the session and its weights, as the API takes them.

        Raises
        ------
        WrongForm
            If they do not fit each other.
        """
        law: dict[str, Any] = {"law": self.law}
        law["minutes" if self.law == "deterministic" else "mean"] = self.mean
        if LAWS[self.law] == 2:
            law["cv"] = self.cv
        session: dict[str, Any] = {
            "patients": self.number,
            "intervals": self.intervals,
            "interval_length": self.interval_length,
            "service_time": law,
            "no_show": self.no_show,
        }
        if self.walk_ins:
            session["walk_ins"] = {"service_time": law, "rate": self.walk_ins}
        if sum(self.weights.values()) <= 0:
            raise WrongForm([("waiting", _("One of the weights must be more than 0."))])
        whole = {
            "session": session,
            "weights": self.weights,
            "idle_definition": self.idle_definition,
        }
        try:
            model_of(ObjectiveIn, whole)
        except WrongForm as error:
            raise WrongForm(
                [(name.rpartition(".")[2], message) for name, message in error.errors]
            ) from None
        return whole

    @property
    def blocked(self) -> list[int]:
        """The intervals in which nobody is booked.

        Raises
        ------
        WrongForm
            If the breaks are no times within the session.
        """
        found: set[int] = set()
        for text in filter(None, map(str.strip, self.breaks.split(","))):
            match = BREAK.fullmatch(text)
            if match is None:
                raise WrongForm([("breaks", _("Write times such as 10:30-10:45, 11:30-12:00."))])
            first, last = (60 * int(match[n]) + int(match[n + 1]) - BEGINS for n in (1, 3))
            if not 0 <= first < last <= self.intervals * self.interval_length:
                raise WrongForm([("breaks", _("Each must lie within the session."))])
            found |= {
                one
                for one in range(self.intervals)
                if first < (one + 1) * self.interval_length and one * self.interval_length < last
            }
        return sorted(found)

    def constraints(self) -> dict[str, Any]:
        """Return what every schedule that is looked for must meet, as the API takes it."""
        capacity = {} if self.capacity is None else {"capacity": self.capacity}
        return {"blocked": self.blocked, **capacity}

    def problem(self) -> dict[str, Any]:
        """Return what a search takes: the session, its weights and the constraints."""
        return {**self.objective(), "constraints": self.constraints()}

    def own(self, objective: dict[str, Any]) -> list[int]:
        """Return one's own schedule; where none is given, that of one patient per mean time."""
        if self.drawn:
            return self.x
        result = optimise(
            objective_from_dict(objective),
            make_strategy("individual"),
            constraints=Constraints.from_dict(self.constraints()),
        )
        return list(result.schedule)

    def query(self) -> dict[str, Any]:
        """Return what of it is not usual, for an address."""
        plain = self.model_dump(mode="json", exclude_defaults=True, exclude={"x", "was"})
        return plain | {"patients": self.number}


def form_of(visit_type: VisitType | None) -> SessionForm:
    """Return the form of a session of a type of visit, to begin with."""
    if visit_type is None:
        return SessionForm()
    law = dict(visit_type.service_time)
    known = law.get("law") in LAWS
    mean = float(law.get("mean") or law.get("minutes") or visit_type.minutes)
    intervals = max(1, USUAL // visit_type.interval_minutes)
    return SessionForm(
        visit_type_id=visit_type.id,
        patients=max(1, min(MAX_PATIENTS, int(USUAL / mean))),
        intervals=intervals,
        interval_length=float(visit_type.interval_minutes),
        law=law["law"] if known else "gamma",
        mean=mean,
        cv=float(law.get("cv") or 0.5),
        no_show=visit_type.no_show,
    )
