"""What is sent to submit long work, and what is told of it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from serve.api.fields import Clock, Day, Identifier, Name, Sent, Told
from serve.api.pages import PageIn, PageOut
from serve.api.schemas import (
    MAX_INTERVALS,
    MAX_PATIENTS,
    MAX_SECONDS,
    REQUESTABLE,
    ConstraintsIn,
    ObjectiveIn,
    SearchIn,
    StoppingIn,
    StrategyIn,
    Strict,
)

#: Longest search of a run, seconds.
MAX_RUN_SECONDS = 3600.0
#: Strategies that can be compared: those that find one schedule and need no file.
COMPARABLE = tuple(name for name in REQUESTABLE if name not in ("pareto", "atlas"))
#: Most seeds of each strategy of a comparison.
MAX_SEEDS = 30
#: Longest window of an allocation, days.
MAX_WINDOW = 92

Kind = Literal["optimisation", "frontier", "allocation", "forecast"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
Quantity = Literal["no_show", "consultation", "demand"]


class LongStoppingIn(StoppingIn):
    """When to stop with the best so far."""

    seconds: Annotated[float, Field(gt=0, le=MAX_RUN_SECONDS)] = 300.0


class OptimisationIn(SearchIn):
    """A session to optimise, for as long as it takes."""

    strategy: StrategyIn = StrategyIn()
    stopping: LongStoppingIn = LongStoppingIn()


class ComparisonStoppingIn(StoppingIn):
    """When each search of a comparison stops."""

    seconds: Annotated[float, Field(gt=0, le=MAX_SECONDS)] = 10.0


class StrategiesIn(ObjectiveIn):
    """A session on which strategies are compared, those that draw numbers with several seeds."""

    constraints: ConstraintsIn = ConstraintsIn()
    strategies: Annotated[
        list[Literal[COMPARABLE]],  # type: ignore[valid-type]
        Field(min_length=2, max_length=len(COMPARABLE)),
    ]
    seeds: Annotated[int, Field(ge=1, le=MAX_SEEDS)] = 5
    stopping: ComparisonStoppingIn = ComparisonStoppingIn()


class FrontierParametersIn(Strict):
    """How a frontier is searched, as `opt.strategies.pareto.Pareto` has it."""

    method: Literal["exact", "nsga2", "both"] = "both"
    weights: Annotated[int, Field(ge=1, le=1000)] = 60
    population: Annotated[int, Field(ge=4, le=1000)] = 200
    generations: Annotated[int, Field(ge=1, le=1000)] = 100


class FrontierIn(SearchIn):
    """A session whose best compromises between waiting and overtime are searched."""

    #: With a free number of patients nobody booked would be best in every cost.
    value_per_patient: None = None
    parameters: FrontierParametersIn = FrontierParametersIn()
    stopping: LongStoppingIn = LongStoppingIn()


class ImportanceIn(Strict):
    """What is charged for places, in days of waiting, as `opt.allocate.Importance` has it."""

    unserved: Annotated[float, Field(ge=0, le=1000)] = 14.0
    provider: Annotated[float, Field(ge=0, le=1000)] = 2.0
    weekday: Annotated[float, Field(ge=0, le=1000)] = 1.0
    half: Annotated[float, Field(ge=0, le=1000)] = 1.0
    fairness: Annotated[float, Field(ge=0, le=1000)] = 0.5


class AllocationIn(Sent):
    """A window of dates whose free seats are given to open requests."""

    first: Day
    last: Day
    seconds: Annotated[float, Field(gt=0, le=300)] = 60.0
    gap: Annotated[float, Field(ge=0, lt=1)] = 0.01
    importance: ImportanceIn = ImportanceIn()


class ForecastIn(Sent):
    """Models of a quantity that learn from the practice's history and are compared.

    With ``since`` they learn only from what came on that date or later, such as from when on
    consultations took longer.
    """

    quantity: Quantity
    models: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] | None = (
        None
    )
    held_out_days: Annotated[int, Field(strict=True, ge=2, le=365)] = 28
    since: Day | None = None
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = 0
    promote: bool = False


class DriftIn(Sent):
    """Over how many of the last days to look how the model in use does."""

    days: Annotated[int, Field(strict=True, ge=2, le=365)] = 28


class SessionForecastIn(Sent):
    """A session of a provider whose inputs are wanted.

    Without ``patients`` as many as fill ``utilisation`` of it on average; ``visit_types`` are
    shares of types of visits by name, and without them the provider's usual mix.
    """

    provider_id: Identifier
    day: Day
    starts: Clock
    intervals: Annotated[int, Field(strict=True, ge=1, le=MAX_INTERVALS)]
    interval_minutes: Annotated[float, Field(gt=0, le=240)]
    patients: Annotated[int, Field(strict=True, ge=1, le=MAX_PATIENTS)] | None = None
    utilisation: Annotated[float, Field(gt=0, le=1)] = 0.9
    visit_types: dict[Name, Annotated[float, Field(gt=0, le=1)]] | None = None


class RunsIn(PageIn):
    """Which runs to list."""

    kind: Kind | None = None
    state: State | None = None


class RunLineOut(Told):
    """A run in a list."""

    id: UUID
    kind: Kind
    state: State
    progress: dict[str, Any]
    problem: str | None
    cancel: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int


class RunOut(RunLineOut):
    """A run, what was asked for and what came out."""

    request: dict[str, Any]
    result: dict[str, Any] | None
    attempt: int


class RunsOut(PageOut):
    """A page of runs, the latest first."""

    items: list[RunLineOut]


class TemplateOfRunIn(Sent):
    """How a template of a run's schedule is called, and for what it is."""

    name: Name
    visit_type_id: Identifier
    point: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = None


class TemplateOfRunOut(Told):
    """The template that was made."""

    id: UUID
    name: str
    visit_type_id: UUID
    objective: dict[str, Any]
    schedule: list[int]
    performance: dict[str, Any]
    certificate: dict[str, Any] | None
    known: str
    run_id: UUID | None
    version: int


class AppliedLineOut(Told):
    """What came of a request: booked, offered, or refused with a reason."""

    kind: Literal["appointment", "waitlist_entry"]
    request_id: UUID
    seat_id: UUID
    outcome: Literal["booked", "offered", "refused"]
    reason: str | None


class AppliedOut(Told):
    """What came of an allocation."""

    run_id: UUID
    items: list[AppliedLineOut]


class PromoteIn(Sent):
    """The training whose best model is to come into use."""

    run_id: Identifier


class ForecastOut(Told):
    """The model of a quantity that is in use, null where there is none, and how it did."""

    quantity: Quantity
    version: int | None = None
    model: str | None = None
    run_id: UUID | None = None
    score: str | None = None
    scores: dict[str, float | None] | None = None
    cases: int | None = None
    split: dict[str, str] | None = None
    since: datetime | None = None
