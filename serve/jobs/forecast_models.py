"""Which models of a quantity may learn here, and how runs about them are asked for."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from omegaconf import OmegaConf

from objective import InvalidInput

QUANTITIES = ("no_show", "consultation", "demand")


@cache
def model_group(quantity: str) -> dict[str, Any]:
    """Return the group ``model`` of a quantity as `forecast` is configured by default."""
    text = files("conf.forecast").joinpath(f"model/{quantity}.yaml").read_text(encoding="utf-8")
    group: Any = OmegaConf.to_container(OmegaConf.create(text))
    # What is false there needs a further extra.
    kept = {name: one for name, one in group["candidates"].items() if one is not False}
    return {**group, "candidates": kept}


@cache
def drift_options() -> dict[str, Any]:
    """Return how `forecast` looks for drift by default."""
    text = files("conf.forecast").joinpath("task/drift.yaml").read_text(encoding="utf-8")
    options: Any = OmegaConf.to_container(OmegaConf.create(text))
    return dict(options)


def checked_models(quantity: str, names: Sequence[str] | None) -> list[str]:
    """Return the models that are to learn, the baseline first; None stands for all.

    Raises
    ------
    InvalidInput
        If one is unknown.
    """
    known = list(model_group(quantity)["candidates"])
    wanted = known if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise InvalidInput("models", name, "names from " + ", ".join(known))
    # The first one is the simplest; without it nothing says what the others are worth.
    return [name for name in known if name in (known[0], *wanted)]


def following(request: dict[str, Any], run_id: UUID, result: dict[str, Any]) -> Any:
    """Return the request of the run that follows a training which asked for it; else None."""
    if not request.get("promote") or result["version"] is None:
        return None
    return promotion(request["quantity"], run_id, result["version"])


def drift_watch(quantity: str, days: int) -> dict[str, Any]:
    """Return the request of a run that looks over the last days whether a model still holds."""
    return {"task": "drift", "quantity": quantity, "days": days}


def promotion(quantity: str, run_id: UUID, version: int) -> dict[str, Any]:
    """Return the request of a run that lets the best model of a training through the gate."""
    return {"task": "promote", "quantity": quantity, "run_id": str(run_id), "version": version}
