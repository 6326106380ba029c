"""A run that gives the free seats of a window of dates to open requests.

It proposes: nothing is booked. What it was made from is kept at the beginning, so that a run that
is taken up again comes to the same end whatever was booked meanwhile.
"""

import json
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any

from opt.allocate import Allocation, Assignment, Problem, allocate
from opt.allocate.reasons import REASONS
from serve.database import reading
from serve.jobs.control import Control
from serve.jobs.job import Job
from serve.jobs.open_requests import gathered


def allocation(job: Job, control: Control) -> dict[str, Any]:
    """Return who would get which seat, and who would get none and why."""
    given = job.request
    kept = control.load()
    if kept is None:
        with reading() as session:
            first, last = (date.fromisoformat(given[name]) for name in ("first", "last"))
            found = gathered(session, job.practice_id, first, last, job.now, given["importance"])
        kept = json.dumps(found).encode()
        control.save(kept)
    contents = json.loads(kept)
    control.tell(requests=len(contents["problem"]["requests"]))
    made = allocate(Problem.from_dict(contents["problem"]), given["seconds"], given["gap"])
    control.check()
    return _told(made, contents["seats"])


def _told(made: Allocation, seats: Mapping[str, Any]) -> dict[str, Any]:
    """Return an allocation by the identifiers of its rows; no patient is named."""
    return {
        "requests": len(made.problem.requests),
        "served": len(made.assignments),
        "assignments": _assignments(made, seats),
        "unserved": [
            {**_request(one.request.id), "reason": one.reason, "words": REASONS[one.reason]}
            for one in made.unserved
        ],
        "objective": made.objective,
        "bound": made.bound,
        "gap": made.gap,
        "termination": made.termination,
        "seconds": made.seconds,
    }


def _assignments(made: Allocation, seats: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the assignments with seats: of a clinic day the more urgent get the earlier ones."""

    def day(one: Assignment) -> str:
        return one.provider

    told = []
    for name, booked in groupby(sorted(made.assignments, key=day), day):
        urgent = sorted(booked, key=lambda one: -one.request.urgency)
        for one, (seat, starts_at) in zip(urgent, seats[name]["seats"], strict=False):
            told.append(
                {
                    **_request(one.request.id),
                    "clinic_day_id": name,
                    "provider_id": seats[name]["provider_id"],
                    "seat_id": seat,
                    "starts_at": starts_at,
                    "days_waited": one.days,
                    "unmet": list(one.unmet),
                }
            )
    return sorted(told, key=lambda one: (one["starts_at"], one["seat_id"]))


def _request(name: str) -> dict[str, str]:
    kind, identifier = name.split()
    return {"kind": kind, "request_id": identifier}
