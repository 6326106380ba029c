"""From plain configuration to objects: names from registries and numbers within ranges, no more.

Nothing here evaluates code, imports by name or interpolates, so that a session that comes over the
network is as safe as one from a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from objective import Behaviour, ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from objective.device import DTYPES
from objective.errors import known_keys
from objective.penalties import penalties_from_dict
from opt.constraints import Constraints
from opt.readers import read_durations
from opt.registry import make_strategy
from opt.run import Strategy
from opt.stopping import Stopping, stopping_from_dict
from opt.workers import LocalWorkers, Workers


@dataclass(frozen=True)
class Search:
    """Everything that defines a search."""

    objective: Objective
    strategy: Strategy
    stopping: Stopping
    constraints: Constraints
    seed: int


def search_from(configuration: Mapping[str, Any]) -> Search:
    """Return the search that a composed configuration describes.

    Raises
    ------
    InvalidInput
        Naming the field, for anything that is unknown or out of range.
    """
    strategy = dict(configuration["strategy"])
    name = strategy.pop("name", None)
    return Search(
        objective=objective_from(configuration),
        strategy=make_strategy(str(name), strategy),
        stopping=stopping_from_dict(configuration["stopping"]),
        constraints=Constraints.from_dict(configuration["constraints"]),
        seed=configuration["seed"],
    )


def objective_from(configuration: Mapping[str, Any]) -> Objective:
    """Return the objective that a composed configuration describes."""
    device = device_from(configuration)
    if device["dtype"] not in DTYPES:
        raise InvalidInput("device.dtype", device["dtype"], "one of " + ", ".join(DTYPES))
    waiting, tardiness = penalties_from_dict(configuration["penalties"])
    return Objective(
        session_from(configuration),
        Weights.from_dict(configuration["weights"]),
        configuration["idle_definition"],
        device=device["name"],
        dtype=DTYPES[device["dtype"]],
        waiting_penalty=waiting,
        tardiness_penalty=tardiness,
        chain=configuration["chain"],
        step=configuration["step"],
        value_per_patient=configuration["value_per_patient"],
        chunk_bytes=device.get("chunk_bytes"),
    )


def behaviour_from(configuration: Mapping[str, Any]) -> tuple[Behaviour, int]:
    """Return how simulated days depart from the plan, and the number of days."""
    names = [field.name for field in fields(Behaviour)]
    known = ("days", *names)
    given = known_keys("behaviour", configuration["behaviour"], known, required=known)
    days = given.pop("days")
    if given["late_start"] is not None:
        given["late_start"] = ServiceTime.from_dict(service_time_from(given["late_start"]))
    return Behaviour(**given), days


def device_from(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return where and how precisely to compute, with nothing unknown."""
    names = ("name", "dtype", "chunk_bytes")
    return known_keys("device", configuration["device"], names, required=names[:2])


@contextmanager
def workers_from(configuration: Mapping[str, Any]) -> Iterator[Workers]:
    """Yield who does the work that a composed configuration describes; they leave afterwards."""
    options = dict(configuration["workers"])
    name = options.pop("name", None)
    if name == "local":
        known_keys("workers", options, ())
        yield LocalWorkers()
    elif name == "ray":
        known = ("actors", "gpus_per_actor", "address")
        given = known_keys("workers", options, known, required=known)
        if given["gpus_per_actor"] is None:
            given["gpus_per_actor"] = float(str(device_from(configuration)["name"]) == "cuda")
        # Ray takes time to import, and may not be installed.
        from opt.cluster.ray_workers import RayWorkers

        with RayWorkers(**given) as workers:
            yield workers
    else:
        raise InvalidInput("workers.name", name, "one of local, ray")


def session_from(configuration: Mapping[str, Any]) -> ClinicSession:
    """Return the session, with the service time of its own group."""
    session = dict(configuration["session"])
    session["service_time"] = service_time_from(configuration["service_time"])
    session["walk_ins"] = _with_law(session.get("walk_ins"), "service_time")
    types = session.get("patient_types")
    if isinstance(types, Mapping):
        session["patient_types"] = {
            name: _with_law(kind, "service_time") for name, kind in types.items()
        }
    interruptions = session.get("interruptions")
    if isinstance(interruptions, list):
        session["interruptions"] = [_with_law(one, "work") for one in interruptions]
    return ClinicSession.from_dict(session)


def service_time_from(description: Any) -> Any:
    """Return the description of a law, with measured durations read from their file."""
    if isinstance(description, Mapping) and description.get("law") == "from_csv":
        names = ("law", "file", "column")
        given = known_keys("service_time", description, names, required=names)
        durations = read_durations(Path(str(given["file"])), str(given["column"]))
        return {"law": "empirical", "durations": durations}
    return description


def refuse_unused(overrides: Sequence[str], unused: Sequence[str], why: str) -> None:
    """Raise `InvalidInput` for an override on the command line that would change nothing."""
    for override in overrides:
        name, _, value = override.partition("=")
        key = name.lstrip("+~")
        if key.split(".")[0] in unused:
            raise InvalidInput(key, value, f"left out: {why}")


def _with_law(description: Any, key: str) -> Any:
    """Return a description with the law under ``key`` read from its file where it is measured."""
    if isinstance(description, Mapping) and key in description:
        return {**description, key: service_time_from(description[key])}
    return description
