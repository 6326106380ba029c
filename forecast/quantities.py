"""The quantities that are forecast, and how they and their models are made from configuration."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from forecast.consultation.quantity import Consultation
from forecast.demand.demand import Demand
from forecast.no_show import NoShow
from forecast.preference.quantity import Preference
from forecast.quantity import Model, Quantity
from objective import InvalidInput
from objective.errors import known_keys

#: Every quantity, by its name.
QUANTITIES: dict[str, type[Quantity]] = {
    kind.name: kind for kind in (Demand, NoShow, Consultation, Preference)
}


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


def checked_quantity(settings: Mapping[str, Any]) -> str:
    """Return the name of the quantity that the group ``model`` describes.

    Raises
    ------
    InvalidInput
        If there is no such quantity.
    """
    name = settings["model"].get("quantity")
    if name not in QUANTITIES:
        raise InvalidInput("model.quantity", name, "one of " + ", ".join(QUANTITIES))
    return str(name)
