"""What the API accepts: names from lists and numbers within ranges, nothing to evaluate."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from opt import STRATEGIES
from opt.result import Status

#: Limits of one request: what a busy service can answer while somebody waits.
MAX_PATIENTS, MAX_INTERVALS, MAX_SCHEDULES = 100, 500, 10_000
MAX_SECONDS = 60.0
#: Parameters of strategies that name files, which no request may.
FILES = ("path",)
#: Largest population, number of starts and the like of one request.
MAX_PARAMETER = 1_000
#: Strategies that a request may name: those whose iterations are short, so that its seconds count.
REQUESTABLE = tuple(name for name in STRATEGIES if name != "stochastic_program")

Minutes = Annotated[float, Field(gt=0, le=1440)]
Weight = Annotated[float, Field(ge=0, le=1e6)]
Interval = Annotated[int, Field(ge=0, lt=MAX_INTERVALS)]
Count = Annotated[int, Field(ge=0, le=MAX_PATIENTS)]
Capacity = Annotated[int, Field(ge=1, le=MAX_PATIENTS)]
#: A whole number as the name of a JSON member.
Name = Annotated[str, Field(pattern=r"^\d{1,4}$")]


class Strict(BaseModel):
    """No unknown fields, no text for numbers, no infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ContinuousLawIn(Strict):
    """A law that can be rounded to whole steps."""

    law: Literal["exponential", "gamma", "lognormal", "weibull"]
    mean: Minutes
    cv: Annotated[float, Field(gt=0, le=5)] | None = None


class ServiceTimeIn(Strict):
    """A law of consultation times, by name; each law takes its own parameters."""

    law: Literal[
        "exponential", "gamma", "lognormal", "weibull", "deterministic", "poisson", "pmf",
        "empirical", "histogram", "rounded",
    ]  # fmt: skip
    mean: Minutes | None = None
    cv: Annotated[float, Field(gt=0, le=5)] | None = None
    minutes: Minutes | None = None
    step: Annotated[float, Field(ge=0.1, le=60)] | None = None
    probabilities: Annotated[list[float], Field(max_length=1000)] | None = None
    durations: (
        Annotated[list[Annotated[float, Field(ge=0, le=1440)]], Field(max_length=100_000)] | None
    ) = None
    edges: (
        Annotated[list[Annotated[float, Field(ge=0, le=1440)]], Field(max_length=1000)] | None
    ) = None
    counts: Annotated[list[Annotated[float, Field(ge=0)]], Field(max_length=1000)] | None = None
    of: ContinuousLawIn | None = None


class WalkInsIn(Strict):
    """Walk-ins: one number or law for all intervals, or one per interval."""

    service_time: ServiceTimeIn
    rate: (
        Annotated[float, Field(ge=0, le=20)]
        | Annotated[list[Annotated[float, Field(ge=0, le=20)]], Field(max_length=MAX_INTERVALS)]
        | None
    ) = None
    counts: Annotated[list[float], Field(max_length=100)] | None = None
    discipline: Literal["fcfs", "priority"] = "fcfs"


class PatientTypeIn(Strict):
    """A type of patients; what is left out is as the session says."""

    service_time: ServiceTimeIn | None = None
    no_show: Annotated[float, Field(ge=0, lt=1)] | None = None
    waiting_weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0


class InterruptionIn(Strict):
    """A late start or a breakdown of the provider."""

    interval: Annotated[int, Field(ge=0, lt=MAX_INTERVALS)]
    work: ServiceTimeIn
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0


class SessionIn(Strict):
    """A clinic session."""

    patients: Annotated[int, Field(ge=1, le=MAX_PATIENTS)]
    intervals: Annotated[int, Field(ge=1, le=MAX_INTERVALS)]
    interval_length: Annotated[float, Field(gt=0, le=240)]
    service_time: ServiceTimeIn
    no_show: Annotated[float, Field(ge=0, lt=1)] = 0.0
    walk_ins: WalkInsIn | None = None
    patient_types: (
        Annotated[dict[Annotated[str, Field(max_length=40)], PatientTypeIn], Field(max_length=20)]
        | None
    ) = None
    order: (
        Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=MAX_PATIENTS)] | None
    ) = None
    interruptions: Annotated[list[InterruptionIn], Field(max_length=20)] = []


class ConstraintsIn(Strict):
    """What every schedule must meet; intervals count from 0, patients from 1."""

    capacity: Capacity | Annotated[list[Count], Field(max_length=MAX_INTERVALS)] | None = None
    blocked: Annotated[list[Interval], Field(max_length=MAX_INTERVALS)] = []
    minimum: Annotated[dict[Name, Capacity], Field(max_length=MAX_INTERVALS)] = {}
    minimum_gap: Annotated[int, Field(ge=1, le=MAX_INTERVALS)] | None = None
    maximum_gap: Annotated[int, Field(ge=0, le=MAX_INTERVALS)] | None = None
    earliest: Annotated[dict[Name, Interval], Field(max_length=MAX_PATIENTS)] = {}
    latest: Annotated[dict[Name, Interval], Field(max_length=MAX_PATIENTS)] = {}
    fixed: Annotated[dict[Name, Interval], Field(max_length=MAX_PATIENTS)] = {}


class WeightsIn(Strict):
    """What a minute of each part is worth."""

    waiting: Weight
    idle: Weight
    tardiness: Weight


class PenaltyIn(Strict):
    """What is charged for a wait or an overtime."""

    penalty: Literal["mean", "square", "excess", "tail"] = "mean"
    threshold: Annotated[float, Field(ge=0, le=1440)] | None = None


class PenaltiesIn(Strict):
    """The penalties of waiting and of tardiness."""

    waiting: PenaltyIn = PenaltyIn()
    tardiness: PenaltyIn = PenaltyIn()


#: A value of a strategy's parameter.
Parameter = (
    Annotated[int, Field(ge=0, le=MAX_PARAMETER)]
    | Annotated[float, Field(ge=0, le=MAX_PARAMETER)]
    | Annotated[str, Field(max_length=40)]
)


class StrategyIn(Strict):
    """A strategy of the registry and its parameters: names, numbers, or the course of a number."""

    name: Literal[REQUESTABLE] = "exact"  # type: ignore[valid-type]
    parameters: dict[
        str, Parameter | dict[Literal["first", "last", "shape"], Parameter] | None
    ] = {}

    @field_validator("parameters")
    @classmethod
    def _names_no_file(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if any(parameters.get(name) is not None for name in FILES):
            raise ValueError("must name no file of the service")
        return parameters


class StoppingIn(Strict):
    """When to stop and answer with the best schedule so far."""

    seconds: Annotated[float, Field(gt=0, le=MAX_SECONDS)] = 10.0
    evaluations: Annotated[int, Field(ge=1)] | None = None
    stall: Annotated[int, Field(ge=1)] | None = None
    gap: Annotated[float, Field(ge=0)] | None = None


class ObjectiveIn(Strict):
    """A session and what its schedules cost."""

    session: SessionIn
    weights: WeightsIn
    idle_definition: Literal["session", "makespan"] = "session"
    penalties: PenaltiesIn = PenaltiesIn()
    value_per_patient: Annotated[float, Field(ge=0, le=1e6)] | None = None


class SearchIn(ObjectiveIn):
    """A session to search the best schedule of."""

    constraints: ConstraintsIn = ConstraintsIn()
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0


class SchedulesIn(SearchIn):
    """A session to optimise; or, with ``schedules``, the schedules of it to price."""

    strategy: StrategyIn = StrategyIn()
    stopping: StoppingIn = StoppingIn()
    schedules: Annotated[list[list[int]], Field(min_length=1, max_length=MAX_SCHEDULES)] | None = (
        None
    )


#: Patients per interval.
Schedule = Annotated[
    list[Annotated[int, Field(strict=True, ge=0, le=MAX_PATIENTS)]],
    Field(min_length=1, max_length=MAX_INTERVALS),
]


class PerformanceOut(BaseModel):
    """Expected performance of one schedule, minutes; the cost in weighted minutes."""

    waiting: float
    idle: float
    tardiness: float
    cost: float
    walk_in_waiting: float
    seen: float
    waiting_penalty: float
    tardiness_penalty: float
    error_bound: float


class SchedulesOut(BaseModel):
    """Priced schedules; for an optimised one also what is known of it and its proof."""

    schedules: list[list[int]]
    performance: list[PerformanceOut]
    #: Types of the patients in the order that was chosen, where they differ.
    order: list[str] | None = None
    status: Status | None = None
    lower_bound: float | None = None
    gap: float | None = None
    termination: str | None = None
    meets_constraints: list[bool] | None = None
    evaluations: int | None = None
    seconds: float | None = None
    note: str | None = None
    certificate: dict[str, Any] | None = None
