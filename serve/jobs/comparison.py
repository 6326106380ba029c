"""A run that compares strategies on one session, over several seeds of those that draw numbers."""

import json
import time
from typing import Any

from opt.compare.comparison import Comparison, compare
from opt.compare.figures import comparison_figures
from opt.compare.instances import Instance
from opt.compare.job import Job as Search
from opt.compare.job import Outcome
from opt.compare.page import table_rows
from opt.compare.plan import Plan, contenders_from
from opt.compare.words import COLUMNS, answer, differences, measured_text, refusals
from opt.workers import LocalWorkers
from serve.jobs.control import Control, StoppedError
from serve.jobs.figures import told_figure
from serve.jobs.job import Job
from serve.jobs.search import constraints_of, objective_of

#: On what the searches are done: the same everywhere, so that their figures can be compared.
DEVICE = {"name": "cpu", "dtype": "float64", "chunk_bytes": None}
#: What no rule says.
UNLIMITED = {"evaluations": None, "seconds": None, "stall": None, "gap": None}
#: When the session begins on a clock, minutes after midnight.
BEGINS = 9 * 60
INSTANCE = "session"


class Outcomes:
    """The searches that are finished, in the run's checkpoint."""

    def __init__(self, control: Control) -> None:
        kept = control.load()
        self._found: dict[str, Any] = {} if kept is None else json.loads(kept)
        self._control, self._saved = control, time.monotonic()

    def keep(self, job: Search, outcome: Outcome) -> None:
        """Keep the outcome of a search, with the next checkpoint."""
        self._found[_name(job)] = outcome.to_dict()
        if time.monotonic() - self._saved >= self._control.checkpoint_every:
            self.save()

    def kept(self, job: Search) -> Outcome | None:
        """Return the outcome of a search; None if it has not been done."""
        found = self._found.get(_name(job))
        return None if found is None else Outcome.from_dict(found)

    def save(self) -> None:
        """Write the checkpoint."""
        self._control.save(json.dumps(self._found).encode())
        self._saved = time.monotonic()


def compare_strategies(job: Job, control: Control) -> dict[str, Any]:
    """Return which strategy to take, in sentences, how each one stands, and figures."""
    plan = plan_of(job.request)
    searches = len(plan.jobs())
    outcomes, done = Outcomes(control), 0

    def on_outcome(search: Search, outcome: Outcome, now: bool) -> None:
        nonlocal done
        done += 1
        control.tell(fraction=done / searches, searches=searches, strategy=search.label)

    control.tell(fraction=0.0, searches=searches, strategy=None)
    try:
        found = compare(plan, outcomes, LocalWorkers(), on_outcome)
    except StoppedError as stopped:
        if stopped.reason == "stopping":
            outcomes.save()
        raise
    return {"task": "comparison", **told(found)}


def plan_of(given: dict[str, Any]) -> Plan:
    """Return what a request compares.

    Raises
    ------
    InvalidInput
        If it cannot be done.
    """
    stopping = {**UNLIMITED, **given["stopping"]}
    instance = Instance(INSTANCE, objective_of(given, "cpu"), constraints_of(given))
    return Plan(
        instances=(instance,),
        contenders=contenders_from(given["strategies"]),
        seeds=given["seeds"],
        stopping=stopping,
        reference={**UNLIMITED, "seconds": stopping["seconds"]},
        device=DEVICE,
    )


def told(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain names, numbers and sentences."""
    return {
        "answer": answer(found),
        "differences": list(differences(found).values()),
        "refusals": refusals(found),
        "measured": measured_text(found),
        "columns": list(COLUMNS),
        "standings": [{"strategy": label, "cells": cells} for label, cells in table_rows(found)],
        "figures": [told_figure(one) for one in comparison_figures(found, BEGINS)],
    }


def _name(job: Search) -> str:
    return f"{job.label} {job.seed}"
