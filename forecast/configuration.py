"""From plain configuration to objects: names from registries and numbers within ranges, no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.network import Trainer
from forecast.quantities import make_model, make_quantity
from forecast.quantity import Model, Quantity
from objective import InvalidInput
from objective.errors import known_keys


@dataclass(frozen=True)
class Candidates:
    """A quantity and the models of it that are to be compared, by name, in the order given."""

    quantity: Quantity
    models: Mapping[str, Model]


def candidates_from(settings: Mapping[str, Any]) -> Candidates:
    """Return the quantity and the models that the group ``model`` describes.

    Raises
    ------
    InvalidInput
        Naming the field, for anything that is unknown or out of range.
    """
    names = ("quantity", "options", "candidates")
    given = known_keys("model", settings["model"], names, required=names)
    quantity = make_quantity(str(given["quantity"]), given["options"] or {})
    listed = given["candidates"]
    if not isinstance(listed, Mapping) or not listed:
        raise InvalidInput("model.candidates", listed, "models by name, at least one")
    models = {
        str(name): make_model(quantity, str(name), parameters or {})
        for name, parameters in listed.items()
        if parameters is not False
    }
    return Candidates(quantity, models)


def trainer_from(settings: Mapping[str, Any], directory: Path) -> Trainer:
    """Return where networks learn, with their checkpoints in the folder of the run."""
    names = ("accelerator", "devices", "strategy", "progress")
    given = known_keys("trainer", settings["trainer"], names, required=names)
    resume = settings["resume"]
    folder = directory if resume is None else Path(str(resume))
    if resume is not None and not folder.is_dir():
        raise InvalidInput("resume", str(resume), "the folder of a run that was interrupted")
    return Trainer(
        seed=settings["seed"], folder=folder / "checkpoints", resume=resume is not None, **given
    )
