"""``task=drift``: whether the inputs of the model in use have moved, and whether it is off."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.history import History
from forecast.data.moments import moment_text
from forecast.data.sources import history_from, split_from
from forecast.data.tables import READ_BY, TIMES
from forecast.drift.calibration import calibration
from forecast.drift.report import Drift, write_drift
from forecast.drift.stability import Thresholds, stability
from forecast.paired_test import Resampling
from forecast.promotion import check_unseen
from forecast.quantities import checked_quantity
from forecast.tracking.choice import choose
from forecast.tracking.connection import Connection
from forecast.tracking.registry import Registry
from forecast.tracking.settings import tracking_from
from objective import InvalidInput
from objective.commands.progress import stdout_console
from objective.errors import known_keys

OPTIONS = ("name", "model", "since", "period", "bins", "watch", "shifted")


def drift(settings: dict[str, Any], directory: Path) -> float:
    """Watch the model in use over the held-out period; return the largest index of an input."""
    found = watched(settings, directory)
    write_drift(directory, found)
    console = stdout_console()
    period = f"from {found.current[0]} until {found.current[1]}"
    for line in (f"{found.model}, {period}:", *found.sentences):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"Written to {directory}: drift.json, drift.html", soft_wrap=True)
    return max((one.index for one in found.inputs), default=0.0)


def watched(settings: Mapping[str, Any], directory: Path) -> Drift:
    """Return what has moved since a model learned, over the held-out period.

    Raises
    ------
    InvalidInput
        If an option is wrong, there is no such model, or it learned from the period.
    """
    given = known_keys("task", settings["task"], OPTIONS, required=OPTIONS)
    thresholds = Thresholds(given["bins"], given["watch"], given["shifted"])
    name = checked_quantity(settings)
    tracking = tracking_from(settings)
    registry = None if tracking.uri is None else Registry(Connection(tracking), name)
    chosen = choose(registry, given["model"], "task.model")
    history = history_from(settings, directory)
    split = split_from(settings, history, READ_BY.get(name))
    check_unseen(chosen.words, chosen.saved, split)
    quantity, fitted = chosen.saved.quantity, chosen.saved.fitted
    learned = pd.Timestamp(str(chosen.saved.about["train_until"]))
    since = _since(history, given, learned)
    evaluation = quantity.evaluate({fitted.name: fitted}, history, split)
    return Drift(
        quantity.name,
        chosen.words,
        (moment_text(since), moment_text(learned)),
        (moment_text(split.first), moment_text(split.until)),
        stability(
            quantity.inputs(history, since, learned),
            quantity.inputs(history, split.first, split.until),
            thresholds,
        ),
        calibration(evaluation, given["period"], Resampling(seed=settings["seed"])),
        thresholds,
    )


def _since(history: History, given: Mapping[str, Any], learned: pd.Timestamp) -> pd.Timestamp:
    """Return from when on the inputs are compared with: as asked for, or from the beginning."""
    if given["since"] is None:
        tables = {name: getattr(history, name) for name in TIMES}
        first = [table[TIMES[name]].min() for name, table in tables.items() if len(table)]
        return pd.Timestamp(min(first, default=learned)).normalize()
    moment = pd.to_datetime(str(given["since"]), errors="coerce")
    if pd.isna(moment) or moment >= learned:
        raise InvalidInput("task.since", given["since"], f"a time before {learned}")
    return pd.Timestamp(moment)
