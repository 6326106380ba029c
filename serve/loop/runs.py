"""Runs that are submitted, done by a worker in this process, and told."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIFlask

from serve.jobs.worker import Worker
from serve.loop.caller import Caller


class FailedRun(Exception):
    """A run that did not end as it should."""


def done(app: APIFlask, caller: Caller, path: str, requests: Sequence[dict[str, Any]]) -> list[Any]:
    """Submit runs, let a worker do them, and return them with their results."""
    submitted = [caller.post(path, one) for one in requests]
    # Also what follows from them, such as the gate after a training.
    Worker(app).work()
    found = [caller.get(f"/runs/{one['id']}") for one in submitted]
    for one in found:
        if one["state"] != "done":
            raise FailedRun(f"A run of kind {one['kind']} is {one['state']}: {one['problem']}")
    return found
