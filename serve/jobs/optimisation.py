"""A run that searches the best schedule of a session."""

from typing import Any

from serve.jobs.comparison import compare_strategies
from serve.jobs.control import Control
from serve.jobs.job import Job
from serve.jobs.search import answer_of
from serve.jobs.searching import search


def optimisation(job: Job, control: Control) -> dict[str, Any]:
    """Return the best schedule found, with what is known of it and its proof.

    A request may ask for a comparison of strategies instead.
    """
    if job.request.get("task") == "comparison":
        return compare_strategies(job, control)
    return answer_of(search(job, control))
