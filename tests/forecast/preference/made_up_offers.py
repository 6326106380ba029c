"""Offers made up from known coefficients, with which what is learned can be compared."""

import numpy as np
import pandas as pd
import torch

from forecast.data.history import History
from forecast.preference.choice import choice_log_probabilities
from forecast.preference.occasions import occasions_of
from forecast.preference.seats import seat_features

FEATURES = ("days_ahead", "hour", "weekday", "provider", "usual_provider")
HOURS = (10, 12, 15)
#: Utility of any seat, of each feature, and of each level.
CONSTANT, WEEK, USUAL, AFTERNOON, FRIDAY, DR_B = 0.6, -0.5, 1.2, -0.8, -0.6, 0.4
FIRST = pd.Timestamp("2025-01-06T08:00")


def true_utilities(offers: pd.DataFrame, past: pd.DataFrame | None) -> np.ndarray:
    """Return the utility of each seat, (rows,), by which choices are drawn."""
    features = seat_features(offers, occasions_of(offers), FEATURES, HOURS, (), past)
    return (
        CONSTANT
        + WEEK * features["days_ahead"].to_numpy() / 7
        + USUAL * features["usual_provider"].to_numpy()
        + AFTERNOON * (features["hour"] == "15:00 to 24:00").to_numpy()
        + FRIDAY * (features["weekday"] == "friday").to_numpy()
        + DR_B * (features["provider"] == "Dr B").to_numpy()
    )


def made_up_offers(occasions: int, seed: int = 0, patients: int = 400) -> pd.DataFrame:
    """Return offers of one to five seats each, and what was chosen, in the order of time.

    The usual provider of a patient is a column, so that all choices can be drawn at once.
    """
    random = np.random.default_rng(seed)
    usual = random.choice(["Dr A", "Dr B", "Dr C"], size=patients)
    rows = []
    for number in range(occasions):
        patient = int(random.integers(patients))
        offered_at = FIRST + pd.Timedelta(minutes=30 * number)
        days = random.choice(28, size=int(random.integers(1, 6)), replace=False)
        for day in sorted(days.tolist()):
            hour = int(random.integers(8, 18))
            seat_at = offered_at.normalize() + pd.Timedelta(days=1 + day, hours=hour)
            provider = str(random.choice(["Dr A", "Dr B", "Dr C"], p=[0.5, 0.3, 0.2]))
            rows.append(
                (f"O{number:06d}", f"P{patient}", offered_at, seat_at, provider, usual[patient])
            )
    names = ["offer_id", "patient_id", "offered_at", "seat_at", "provider", "usual_provider"]
    offers = pd.DataFrame(rows, columns=names)
    return with_choices(offers, random)


def with_choices(offers: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the offers with what was chosen, drawn from the true utilities."""
    grouped = occasions_of(offers)
    seats, declined = choice_log_probabilities(
        torch.from_numpy(true_utilities(offers, None)), torch.from_numpy(grouped.of), grouped.count
    )
    # The largest of log probabilities with Gumbel noise is drawn with these probabilities.
    noisy = seats.numpy() + random.gumbel(size=len(offers))
    none = declined.numpy() + random.gumbel(size=grouped.count)
    best = pd.Series(noisy).groupby(grouped.of).transform("max").to_numpy()
    return offers.assign(chosen=(noisy == best) & (noisy > none[grouped.of]))


def made_up_history(occasions: int, seed: int = 0) -> History:
    """Return a history of such offers."""
    return History(offers=made_up_offers(occasions, seed))
