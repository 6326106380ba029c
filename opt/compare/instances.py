"""The instances of a comparison: named ones, sessions, and choices of ``python -m opt``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from objective import InvalidInput, Objective
from opt.configuration import objective_from
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules

#: Groups of the configuration of ``python -m opt`` that define an instance.
GROUPS = ("session", "service_time", "weights", "constraints")
#: Further settings that do.
SETTINGS = ("penalties", "idle_definition", "chain", "step", "value_per_patient")


@dataclass(frozen=True)
class Instance:
    """A session with its objective and constraints, and how it is called on the page."""

    name: str
    objective: Objective
    constraints: Constraints


def instances_from(descriptions: object) -> tuple[Instance, ...]:
    """Return the instances of a list.

    Each is the name of a file in ``conf/instance`` or ``conf/session``, or a mapping of choices
    (``session: obp``) and settings (``session.no_show: 0.2``) with a ``name`` of its own. To be
    called by a command of Hydra, which knows the configuration.

    Raises
    ------
    InvalidInput
        Naming the entry, for what is unknown or out of range.
    """
    if not isinstance(descriptions, Sequence) or isinstance(descriptions, str) or not descriptions:
        allowed = "a list of at least one instance: names, or mappings of choices and settings"
        raise InvalidInput("instances", descriptions, allowed)
    return tuple(_instance(f"instances[{place}]", one) for place, one in enumerate(descriptions))


def _instance(field: str, description: object) -> Instance:
    if isinstance(description, Mapping):
        settings = {str(key): value for key, value in description.items()}
        told = ", ".join(f"{key} {value}" for key, value in settings.items())
        name = settings.pop("name", told)
    else:
        named = _choices("instance")
        if description not in (*named, *_choices("session")):
            allowed = "one of " + ", ".join(sorted({*named, *_choices("session")}))
            raise InvalidInput(field, description, allowed)
        settings = {"instance" if description in named else "session": description}
        name = description
    if not isinstance(name, str):
        raise InvalidInput(f"{field}.name", name, "text")
    configuration = _composed(field, settings)
    objective = objective_from(configuration)
    constraints = Constraints.from_dict(configuration["constraints"])
    # That there is a schedule which meets the constraints is checked here, before any work.
    FeasibleSchedules(objective.session, constraints, objective.free)
    return Instance(name, objective, constraints)


def _composed(field: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of ``python -m opt`` with these choices and settings."""
    chosen = []
    for key in ("instance", *GROUPS):
        if isinstance(choice := settings.get(key), str):
            if choice not in _choices(key):
                raise InvalidInput(f"{field}.{key}", choice, "one of " + ", ".join(_choices(key)))
            chosen.append(f"{'+' if key == 'instance' else ''}{key}={choice}")
    composed = compose("config", overrides=chosen)
    configuration: Any = OmegaConf.to_container(composed, resolve=False)
    for key, value in settings.items():
        if key in ("instance", *GROUPS) and isinstance(value, str):
            continue
        if key.split(".")[0] not in (*GROUPS, *SETTINGS):
            allowed = "one of " + ", ".join(("name", "instance", *GROUPS, *SETTINGS))
            raise InvalidInput(f"{field}.{key}", value, allowed)
        _change(configuration, f"{field}.{key}", key, value)
    # What had to be given is known only now, and what was left out is told by its name.
    filled = OmegaConf.create(configuration)
    settled: Any = OmegaConf.to_container(filled, resolve=True, throw_on_missing=True)
    return dict(settled)


def _change(configuration: dict[str, Any], field: str, key: str, value: object) -> None:
    """Change the setting of a dotted key; what is unknown at its end is refused when it is used."""
    *path, last = key.split(".")
    place: Any = configuration
    for part in path:
        place = place.get(part) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise InvalidInput(field, value, "a setting of python -m opt, such as session.no_show")
    place[last] = value


def _choices(group: str) -> list[str]:
    """Return the names of the files of a group of the configuration."""
    return list(GlobalHydra.instance().config_loader().get_group_options(group))
