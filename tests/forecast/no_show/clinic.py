"""A small clinic whose patients' true probabilities to miss an appointment are known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from forecast.data.history import History
from forecast.data.periods import Split

FIRST = pd.Timestamp("2026-03-02")


@dataclass(frozen=True)
class Clinic:
    """A history, and the probability with which each of its visits was missed."""

    history: History
    truth: NDArray[np.float64]
    split: Split


def clinic(days: int = 40, per_day: int = 60, seed: int = 0) -> Clinic:
    """Return a clinic in which lead time, distance, area and habit make patients miss visits."""
    generator = np.random.default_rng(seed)
    count = days * per_day
    patient = generator.integers(0, count // 3, count)
    habit = generator.normal(0, 0.5, count)[patient]
    day = np.repeat(np.arange(days), per_day)
    same_day = generator.random(count) < 0.3
    lead = np.where(same_day, 0, generator.geometric(0.1, count))
    distance = generator.exponential(5.0, count)
    area = generator.integers(0, 4, count)
    truth = expit(
        -2.9 + 0.8 * np.log1p(lead) + 0.1 * distance + np.array([0, 0.4, -0.4, 0.8])[area] + habit
    )
    midnight = FIRST + pd.to_timedelta(day, unit="D")
    hour = generator.integers(8 * 60, 17 * 60, count)
    scheduled = midnight + pd.to_timedelta(hour, unit="min")
    early = generator.integers(1, 60, count)
    booked = np.where(
        same_day,
        scheduled - pd.to_timedelta(early, unit="min"),
        midnight - pd.to_timedelta(lead * 1_440 - 600 - early, unit="min"),
    )
    visits = pd.DataFrame(
        {
            "visit_id": [f"v{row}" for row in range(count)],
            "patient_id": [f"p{one}" for one in patient],
            "provider": generator.choice(["Ames", "Bose"], count),
            "visit_type": generator.choice(["new", "return"], count),
            "booked_at": booked,
            "scheduled_at": scheduled,
            "status": np.where(generator.random(count) < truth, "no_show", "completed"),
            "distance": distance,
            "age": generator.integers(0, 95, count),
            "sex": generator.choice(["F", "M"], count),
            "area": np.array(["north", "east", "south", "west"])[area],
        }
    )
    order = visits["scheduled_at"].argsort(kind="stable")
    until = FIRST + pd.Timedelta(days=days)
    first = until - pd.Timedelta(days=8)
    split = Split(train_until=first, first=first, until=until)
    return Clinic(History(visits=visits.iloc[order].reset_index(drop=True)), truth[order], split)
