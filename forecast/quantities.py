"""The quantities that are forecast, and how they and their models are made from configuration."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from forecast.demand.demand import Demand
from forecast.quantity import Model, Quantity
from objective import InvalidInput
from objective.errors import known_keys

#: Every quantity, by its name.
QUANTITIES: dict[str, type[Quantity]] = {Demand.name: Demand}


def make_quantity(name: str, options: Mapping[str, Any]) -> Quantity:
    """Return a quantity with its options.

    Raises
    ------
    InvalidInput
        If the quantity or an option is unknown, or out of range.
    """
    kind = QUANTITIES.get(name)
    if kind is None:
        raise InvalidInput("model.quantity", name, "one of " + ", ".join(QUANTITIES))
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**known_keys("model.options", options, known))


def make_model(quantity: Quantity, name: str, parameters: Mapping[str, Any]) -> Model:
    """Return a model of a quantity with its parameters.

    Raises
    ------
    InvalidInput
        If the model or a parameter is unknown, or out of range.
    """
    kind = quantity.models.get(name)
    if kind is None:
        raise InvalidInput("model.candidates", name, "one of " + ", ".join(quantity.models))
    known = [field.name for field in fields(kind)]
    return kind(**known_keys(f"model.candidates.{name}", parameters, known))
