"""Columns that would tell who a patient is."""

import pytest

from serve.history.identifying import identifying


@pytest.mark.parametrize(
    "column",
    ["Name", "patient_name", "naam", "Geboortedatum", "bsn nummer", "patient no", "Remarks",
     "e-mail", "Telefoon", "date of birth", "NHS number", "Diagnose"],
)  # fmt: skip
def test_columns_that_tell_who_it_was_are_known_by_their_names(column: str):
    """In more than one language, however they are written."""
    assert identifying(column)


@pytest.mark.parametrize(
    "column", ["age", "sex", "area", "distance", "reminder", "sms_received", "weather", "channel"]
)
def test_columns_that_forecasts_use_are_kept(column: str):
    """They tell of many."""
    assert not identifying(column)
