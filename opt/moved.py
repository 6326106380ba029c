"""How far the best schedule moves where a session's inputs change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table

from opt.result import objective_from_dict


@dataclass(frozen=True)
class Moved:
    """A result beside another one, of the same number of patients in the same intervals.

    Attributes
    ----------
    patients
        How many come at another time, the first beside the first, and so on.
    mean, largest
        Mean and largest shift of a patient, minutes; the mean is positive where they come later.
    regret
        What it costs more to keep the other's schedule.
    """

    patients: int
    mean: float
    largest: float
    regret: float


def comparable(results: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether schedules are of the same patients and intervals, and the sessions differ."""
    if len(results) < 2 or not all("schedule" in one for one in results):
        return False
    sizes = {
        (sum(one["schedule"]), len(one["schedule"]), one["session"]["interval_length"])
        for one in results
    }
    return len(sizes) == 1 and any(one["session"] != results[0]["session"] for one in results)


def moved(result: Mapping[str, Any], other: Mapping[str, Any]) -> Moved:
    """Return how far a result's schedule is from another's, and what it is worth to move."""
    length = result["session"]["interval_length"]
    shift = length * (_intervals(result["schedule"]) - _intervals(other["schedule"]))
    objective = objective_from_dict(result)
    kept, best = objective([other["schedule"], result["schedule"]]).cost.tolist()
    return Moved(
        patients=int((shift != 0).sum()),
        mean=float(shift.mean()),
        largest=float(np.abs(shift).max()),
        regret=kept - best,
    )


def moved_table(names: Sequence[str], results: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table with a row per result, each beside the first."""
    title = f"How far the schedule moves from that of {names[0]}"
    table = Table(title=title, title_justify="left")
    table.add_column("job")
    for column in ("patients moved", "mean shift", "largest shift", "cost of not moving"):
        table.add_column(column, justify="right")
    for name, result in zip(names, results, strict=True):
        one = moved(result, results[0])
        table.add_row(
            name,
            f"{one.patients} of {sum(result['schedule'])}",
            f"{one.mean:+.1f} min",
            f"{one.largest:g} min",
            f"{one.regret:.4f}",
        )
    return table


def _intervals(schedule: Sequence[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the interval of each patient, (patients,)."""
    return np.repeat(np.arange(len(schedule)), schedule)
