"""How a schedule holds out when a day departs from the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from objective import Behaviour, ClinicSession, InvalidInput, simulate
from objective.simulated_days import Estimate
from opt.result import objective_from_dict

#: What moves, as the names of performances.
MEASURES = ("waiting", "idle", "tardiness")
#: What is said where unpunctual patients cannot be simulated.
PUNCTUAL_ONLY = (
    "Where walk-ins have priority, it is not defined whom they overtake among unpunctual patients: "
    "their rows are left out, and in the last row everybody is punctual."
)


@dataclass(frozen=True)
class StressRow:
    """What a schedule yields under one behaviour, minutes; without errors where it is exact."""

    name: str
    waiting: Estimate
    idle: Estimate
    tardiness: Estimate


def stress(
    contents: Mapping[str, Any], behaviour: Behaviour, days: int, seed: int, device: str = "cpu"
) -> list[StressRow]:
    """Simulate the schedule of a stored result under each departure from the plan.

    Parameters
    ----------
    contents
        A result, as `opt.result.read_result` returns it; its session and its definition of idle
        time are kept.
    behaviour
        How much each departs from the plan.
    days, seed, device
        As of `objective.simulate`; all rows share the seed, so that changes between them have
        smaller errors than the rows.

    Returns
    -------
    The exact expectations as planned, the same simulated, and a row per departure.

    Raises
    ------
    InvalidInput
        If the contents are not those of a result, or an argument is outside its range.
    """
    objective = objective_from_dict(contents)
    exact = objective(contents["schedule"]).row(0)
    booked = sum(contents["schedule"])
    if not booked:
        raise InvalidInput("schedule", contents["schedule"], "one that books somebody")
    # Where the number of patients is free the schedule may book the first of them only.
    session = objective.session.first(booked)
    rows = [StressRow("exact", *(Estimate(exact[name], 0.0) for name in MEASURES))]
    for name, departure in departures(behaviour, session).items():
        simulated = simulate(session, contents["schedule"], days, seed, device, departure)
        idle = simulated.session_idle if objective.idle == "session" else simulated.makespan_idle
        rows.append(StressRow(name, simulated.waiting, idle, simulated.tardiness))
    return rows


def departures(behaviour: Behaviour, session: ClinicSession) -> dict[str, Behaviour]:
    """Return each departure from the plan alone, and all together, as far as they are defined."""
    planned = Behaviour()
    unpunctual = Behaviour(behaviour.punctuality_mean, behaviour.punctuality_sd)
    together = behaviour
    rows = {"as planned": planned}
    if session.priority:
        together = replace(behaviour, punctuality_mean=0.0, punctuality_sd=0.0)
    else:
        rows["unpunctual, served by appointment"] = unpunctual
        rows["unpunctual, first come first served"] = replace(unpunctual, service_order="arrival")
    rows["late provider"] = replace(planned, late_start=behaviour.late_start)
    rows["consultations depend on the day"] = replace(planned, day_cv=behaviour.day_cv)
    rows["all together"] = together
    return rows
