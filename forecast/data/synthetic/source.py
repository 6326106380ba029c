"""The source ``synthetic``: a made-up history of the size that is asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forecast.data.history import History
from forecast.data.moments import moment_from
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from objective.errors import known_keys

OPTIONS = (
    "first", "weeks", "providers", "requests_per_day", "walk_ins_per_day", "visits_per_patient",
    "country", "seed",
)  # fmt: skip


def synthetic(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return a made-up history.

    Parameters
    ----------
    options
        Fields of `SyntheticClinic`, without its laws.
    on_error, directory
        What becomes of rows that cannot be used: there are none.

    Raises
    ------
    InvalidInput
        If a field is unknown or outside its range.
    """
    del on_error, directory
    return generate(clinic_from(options)).history


def clinic_from(options: Mapping[str, Any]) -> SyntheticClinic:
    """Return the clinic that options describe."""
    given = known_keys("data", options, OPTIONS)
    if "first" in given:
        given["first"] = moment_from("data.first", given["first"])
    return SyntheticClinic(**given)
