"""What is compared: instances, strategies with their parameters, seeds and a stopping rule."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from objective import InvalidInput
from objective.commands.json_text import parse_json
from objective.device import DTYPES
from objective.errors import known_keys, whole_number
from opt.compare.instances import Instance
from opt.compare.job import Job
from opt.configuration import device_from
from opt.constraints import Constraints
from opt.registry import BASELINES, STRATEGIES, is_deterministic, make_strategy
from opt.result import objective_from_dict
from opt.run import Strategy
from opt.stopping import stopping_from_dict

#: The label of the runs of `exact` that certify the optima.
REFERENCE = "reference"
#: Version of the file of a plan.
FORMAT = 1


@dataclass(frozen=True)
class Contender:
    """A strategy with its parameters, and how it is called on the page."""

    label: str
    strategy: Strategy

    @property
    def parameters(self) -> dict[str, Any]:
        """The strategy's parameters by name."""
        return asdict(self.strategy)


@dataclass(frozen=True)
class Plan:
    """A comparison.

    Attributes
    ----------
    seeds
        The seeds 0, 1, ... of every strategy that draws; the others run once.
    stopping
        The common rule, as the group of the configuration.
    reference
        The rule for the run of `exact` that certifies an instance's optimum.
    device
        As the group of the configuration.

    Raises
    ------
    InvalidInput
        Naming the field, for anything that cannot be run.
    """

    instances: tuple[Instance, ...]
    contenders: tuple[Contender, ...]
    seeds: int
    stopping: Mapping[str, Any]
    reference: Mapping[str, Any]
    device: Mapping[str, Any]

    def __post_init__(self) -> None:
        whole_number("seeds", self.seeds, 1, 10_000)
        stopping_from_dict(self.stopping)
        stopping_from_dict(self.reference)
        device = device_from({"device": self.device})
        if device["dtype"] not in DTYPES:
            raise InvalidInput("device.dtype", device["dtype"], "one of " + ", ".join(DTYPES))
        _names_apart("instances", [instance.name for instance in self.instances])
        _names_apart("strategies", [contender.label for contender in self.contenders])

    def seeds_of(self, contender: Contender) -> range:
        """Return the seeds that make a difference to a strategy."""
        return range(1 if is_deterministic(contender.strategy) else self.seeds)

    def jobs(self) -> list[Job]:
        """Return all runs: the certifying ones, then seed by seed."""
        exact = Contender(REFERENCE, make_strategy("exact"))
        jobs = [self._job(instance, exact, 0, self.reference) for instance in self.instances]
        for seed in range(self.seeds):
            jobs += [
                self._job(instance, contender, seed, self.stopping)
                for contender in self.contenders
                for instance in self.instances
                if seed in self.seeds_of(contender)
            ]
        return jobs

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain names and numbers."""
        return {
            "format": FORMAT,
            "instances": [
                {
                    "name": instance.name,
                    "objective": instance.objective.to_dict(),
                    "constraints": instance.constraints.to_dict(),
                }
                for instance in self.instances
            ],
            "strategies": [
                {"label": one.label, "name": one.strategy.name, "parameters": one.parameters}
                for one in self.contenders
            ],
            "seeds": self.seeds,
            "stopping": dict(self.stopping),
            "reference": dict(self.reference),
            "device": dict(self.device),
        }

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> "Plan":
        """Return the plan that `to_dict` described."""
        keys = (
            "format", "instances", "strategies", "seeds", "stopping", "reference", "device",
        )  # fmt: skip
        given = known_keys("plan", description, keys, required=keys)
        if given.pop("format") != FORMAT:
            raise InvalidInput("plan.format", description["format"], f"{FORMAT}: another version")
        instances, contenders = given.pop("instances"), given.pop("strategies")
        return cls(
            instances=tuple(
                Instance(
                    one["name"],
                    objective_from_dict(one["objective"]),
                    Constraints.from_dict(one["constraints"]),
                )
                for one in instances
            ),
            contenders=tuple(
                Contender(one["label"], make_strategy(one["name"], one["parameters"]))
                for one in contenders
            ),
            **given,
        )

    def _job(
        self, instance: Instance, contender: Contender, seed: int, stopping: Mapping[str, Any]
    ) -> Job:
        return Job(
            instance=instance.name,
            label=contender.label,
            strategy=contender.strategy,
            seed=seed,
            objective=instance.objective.to_dict(),
            constraints=instance.constraints.to_dict(),
            device=dict(self.device),
            stopping=dict(stopping),
        )


def read_plan(path: Path) -> Plan:
    """Return the plan of a comparison's folder; raise `InvalidInput` if there is none."""
    try:
        return Plan.from_dict(parse_json(path.read_text(encoding="utf-8")))
    except OSError:
        allowed = "the folder of a comparison, with its plan.json"
        raise InvalidInput("resume", str(path.parent), allowed) from None
    except InvalidInput:
        raise
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidInput("resume", str(path), "a plan.json as a comparison wrote it") from None


def contenders_from(descriptions: object) -> tuple[Contender, ...]:
    """Return the strategies of a list of names and of mappings with a name and parameters.

    A mapping may have a ``label`` and a ``grid``: lists of values by parameter, of which every
    combination runs. None stands for every strategy that searches.
    """
    if descriptions is None:
        descriptions = [name for name in STRATEGIES if name not in BASELINES]
    if not isinstance(descriptions, Sequence) or isinstance(descriptions, str) or not descriptions:
        allowed = "a list of at least one strategy: names, or mappings with name and parameters"
        raise InvalidInput("strategies", descriptions, allowed)
    return tuple(
        contender
        for place, description in enumerate(descriptions)
        for contender in _contenders(f"strategies[{place}]", description)
    )


def slug(name: str) -> str:
    """Return a name as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _contenders(field: str, description: object) -> list[Contender]:
    if isinstance(description, str):
        return [Contender(description, make_strategy(description))]
    if not isinstance(description, Mapping) or "name" not in description:
        raise InvalidInput(field, description, "a name, or a mapping with name and parameters")
    parameters = dict(description)
    name = str(parameters.pop("name"))
    label, grid = parameters.pop("label", None), parameters.pop("grid", None)
    if label is None:
        told = ", ".join(f"{key} {value}" for key, value in parameters.items())
        label = f"{name}, {told}" if told else name
    if not isinstance(label, str):
        raise InvalidInput(f"{field}.label", label, "text")
    if grid is None:
        return [Contender(label, make_strategy(name, parameters))]
    if (
        not isinstance(grid, Mapping)
        or not grid
        or not all(isinstance(values, list) and values for values in grid.values())
    ):
        raise InvalidInput(f"{field}.grid", grid, "lists of values by parameter")
    return [
        Contender(
            f"{label} {' x '.join(map(str, values))}",
            make_strategy(name, {**parameters, **dict(zip(grid, values, strict=True))}),
        )
        for values in product(*grid.values())
    ]


def _names_apart(field: str, names: Sequence[str]) -> None:
    for name, count in Counter(map(slug, names)).items():
        if count > 1 or not name or (name == REFERENCE and field == "strategies"):
            allowed = f"different names or labels with letters or digits, none {REFERENCE!r}"
            raise InvalidInput(field, list(names), allowed)
