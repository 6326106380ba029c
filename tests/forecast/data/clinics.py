"""Small tables that tests change in one place, and the command run in this process."""

from pathlib import Path

import pandas as pd

from forecast.__main__ import main
from forecast.data.assembly import Assembly, history_of
from forecast.data.history import History
from tests.command import Done, command


def visits() -> pd.DataFrame:
    """Return five visits that are easy to follow: seen, missed, cancelled, walked in, booked."""
    rows = [
        ("v1", "p1", "2024-03-01 10:00", "2024-03-04 09:00", "completed",
         "2024-03-04 08:50", "2024-03-04 09:05", "2024-03-04 09:20", False),
        ("v2", "p2", "2024-03-01 11:00", "2024-03-04 09:10", "no_show", None, None, None, False),
        ("v3", "p3", "2024-03-02 09:00", "2024-03-05 09:00", "cancelled_by_patient",
         None, None, None, False),
        ("v4", "p1", "2024-03-05 10:12", "2024-03-05 10:12", "completed",
         "2024-03-05 10:12", "2024-03-05 10:30", "2024-03-05 10:36", True),
        ("v5", "p4", "2024-03-05 11:00", "2024-03-20 14:00", "booked", None, None, None, False),
    ]  # fmt: skip
    names = [
        "visit_id", "patient_id", "booked_at", "scheduled_at", "status",
        "arrived_at", "started_at", "ended_at", "walk_in",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=names)
    for name in names:
        if name.endswith("_at"):
            table[name] = pd.to_datetime(table[name])
    return table.assign(provider="Ames", visit_type="return")


def arrivals(days: int = 6) -> pd.DataFrame:
    """Return a daily series from 4 March 2024 on."""
    starts = pd.date_range("2024-03-04", periods=days)
    return pd.DataFrame({"series": "requests", "start": starts, "count": range(days)})


def offers() -> pd.DataFrame:
    """Return two occasions with two seats each; the first takes the second seat."""
    return pd.DataFrame(
        {
            "offer_id": ["o1", "o1", "o2", "o2"],
            "patient_id": ["p1", "p1", "p2", "p2"],
            "offered_at": pd.to_datetime(["2024-03-01 09:00"] * 2 + ["2024-03-02 10:00"] * 2),
            "seat_at": pd.to_datetime(
                ["2024-03-04 09:00", "2024-03-05 09:00", "2024-03-06 09:00", "2024-03-07 09:00"]
            ),
            "provider": "Ames",
            "chosen": [False, True, False, False],
        }
    )


def consultations() -> pd.DataFrame:
    """Return three consultations of two sessions."""
    return pd.DataFrame(
        {
            "visit_id": ["v1", "v2", "v3"],
            "patient_id": ["p1", "p2", "p3"],
            "provider": "Ames",
            "visit_type": "return",
            "session": ["monday", "monday", "tuesday"],
            "started_at": pd.to_datetime(
                ["2024-03-04 09:00", "2024-03-04 09:20", "2024-03-05 09:00"]
            ),
            "minutes": [12.5, 20.0, 7.25],
        }
    )


TABLES = {
    "visits": visits,
    "arrivals": arrivals,
    "consultations": consultations,
    "offers": offers,
}


def assembled(directory: Path, on_error: str = "stop", **frames: pd.DataFrame) -> History:
    """Return the history of tables."""
    return history_of(frames, Assembly(on_error, directory))


def forecast(*arguments: str, cwd: Path) -> Done:
    """Run ``python -m forecast`` in a folder."""
    return command(*arguments, cwd=cwd, entry=main)
