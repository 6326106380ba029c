"""Whether a forecast is as good for one group of patients as for another."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.no_show.past import Numbers

#: A group of fewer visits is shown with the others of its kind.
LEAST_VISITS = 100
OTHERS, UNKNOWN = "others", "unknown"


def group_labels(visits: pd.DataFrame, name: str, ages: Sequence[int]) -> NDArray[np.object_]:
    """Return the group of each visit by an attribute, (visits,).

    Parameters
    ----------
    visits
        With the attribute as a column.
    name
        The attribute; ``age`` is divided at ``ages``, all others are taken by value.
    ages
        The first year of each group but the youngest.
    """
    column = visits[name]
    if name == "age":
        years = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        last = [f"to {years - 1}" for years in ages]
        firsts = [f"{start}" for start in ages]
        names = [f"0 to {ages[0] - 1}"] if ages else ["all ages"]
        names += [f"{start} {end}" for start, end in zip(firsts, last[1:], strict=False)]
        names += [f"{firsts[-1]} and older"] if ages else []
        place = np.digitize(years, list(ages))
        labels = np.array(names, dtype=object)[place]
        labels[np.isnan(years)] = UNKNOWN
        return np.asarray(labels, dtype=object)
    texts = column.astype(object).where(column.notna(), UNKNOWN).astype(str)
    counts = texts.value_counts()
    few = texts.map(counts) < LEAST_VISITS
    return texts.where(~few, OTHERS).to_numpy(dtype=object)


def group_table(
    visits: pd.DataFrame,
    names: Sequence[str],
    ages: Sequence[int],
    forecast: Numbers,
    missed: Numbers,
) -> pd.DataFrame:
    """Return how good the forecasts are by group.

    Columns: ``attribute``, ``group``, ``visits``, ``forecast`` and ``seen`` (mean probability and
    share of no-shows), ``calibration_in_the_large`` (their difference), ``standard_error`` of that
    and ``brier``.

    Parameters
    ----------
    visits
        (visits,) rows.
    names
        The attributes.
    ages
        As `group_labels` takes them.
    forecast, missed
        (visits,) each.
    """
    tables = []
    for name in names:
        grouped = pd.DataFrame(
            {
                "group": group_labels(visits, name, ages),
                "forecast": forecast,
                "seen": missed,
                "brier": (forecast - missed) ** 2,
                "variance": forecast * (1 - forecast),
            }
        ).groupby("group")
        table = grouped[["forecast", "seen", "brier"]].mean()
        table["visits"] = grouped.size()
        table["calibration_in_the_large"] = table["forecast"] - table["seen"]
        table["standard_error"] = np.sqrt(grouped["variance"].sum()) / table["visits"]
        tables.append(table.reset_index().assign(attribute=name))
    columns = [
        "attribute", "group", "visits", "forecast", "seen", "calibration_in_the_large",
        "standard_error", "brier",
    ]  # fmt: skip
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]
