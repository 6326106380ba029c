"""Kept models by what the configuration calls them: a folder, a version, or the one in use."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forecast.model_files import SavedModel, load_model
from forecast.tracking.settings import CHAMPION, SQLITE, tracking_from
from objective import InvalidInput


def kept_model(settings: Mapping[str, Any], given: object, quantity: str, field: str) -> SavedModel:
    """Return the kept model of a quantity that is meant.

    Parameters
    ----------
    settings
        With the group ``tracking``, whose registry knows versions and the model in use.
    given
        The folder of a model or of a run, the number of a version, or `CHAMPION`.
    quantity, field
        What it must forecast, and how errors call it.

    Raises
    ------
    InvalidInput
        If there is no such model, it is of another quantity, or a file of it was changed.
    """
    if isinstance(given, str) and given != CHAMPION and not given.isdigit():
        folder = Path(given)
        if (folder / "result.json").is_file():
            saved = _chosen(settings, given, quantity, field)
        else:
            saved = load_model(folder)
    else:
        saved = _chosen(settings, given, quantity, field)
    if saved.quantity.name != quantity:
        raise InvalidInput(field, saved.quantity.name, f"a kept model of {quantity}")
    return saved


def champion_of(settings: Mapping[str, Any], quantity: str) -> SavedModel | None:
    """Return the model of a quantity that is in use, None if there is none.

    Raises
    ------
    InvalidInput
        If a file of it was changed.
    UnreachableError
        If the registry does not answer.
    """
    tracking = tracking_from(settings)
    if tracking.uri is None:
        return None
    if tracking.uri.startswith(SQLITE) and not Path(tracking.uri.removeprefix(SQLITE)).exists():
        return None
    # MLflow takes a second to import.
    from forecast.tracking.connection import Connection
    from forecast.tracking.registry import Registry

    registry = Registry(Connection(tracking), quantity)
    number = registry.champion()
    return None if number is None else registry.load(number)


def _chosen(settings: Mapping[str, Any], given: object, quantity: str, field: str) -> SavedModel:
    from forecast.tracking.choice import choose
    from forecast.tracking.connection import Connection
    from forecast.tracking.registry import Registry

    tracking = tracking_from(settings)
    registry = None if tracking.uri is None else Registry(Connection(tracking), quantity)
    return choose(registry, given, field).saved
