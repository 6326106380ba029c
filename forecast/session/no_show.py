"""The no-show rate of a session."""

from dataclasses import replace

import numpy as np

from forecast.session.effect import Effect, beta_quantiles, session_effect
from forecast.session.inputs import Input
from forecast.session.models import Models
from forecast.session.past import MISSED, Past
from objective import InvalidInput

#: Appointments of the clinic's average that are added to the provider's own.
PRIOR = 20.0
#: Past appointments of the provider that stand for those not booked yet, and of the clinic from
#: which it is seen how much sessions differ: the latest.
MIX, LATEST = 200, 5_000
LARGEST = 0.95


def no_show_input(past: Past, models: Models, patients: int | None) -> Input:
    """Return the forecast of the no-show rate.

    With a model it is the mean over those booked and, for the rest of the ``patients`` (None for
    nobody else if some are booked), over the provider's latest appointments. Without one it is the
    provider's average, drawn to the clinic's by the weight of `PRIOR` appointments.

    Raises
    ------
    InvalidInput
        If the history has no appointment of which it is known whether the patient came.
    """
    table = past.appointments
    if not len(table):
        allowed = f"appointments since {past.since} with a known outcome"
        raise InvalidInput("history.visits", "no rows", allowed)
    latest = table.sort_values("scheduled_at", kind="stable").tail(LATEST)
    missed = (latest["status"] == MISSED).to_numpy(np.float64)
    own = (latest["provider"] == past.request.provider).to_numpy()
    number = int(own.sum())
    clinic = (missed.sum() + 0.5) / (len(missed) + 1.0)
    rate = (missed[own].sum() + PRIOR * clinic) / (number + PRIOR)
    if models.no_show is None:
        means = (latest["status"] == MISSED).groupby(latest["provider"]).mean()
        expected = np.asarray(latest["provider"].map(means), np.float64)
        whose = f"{past.request.provider}'s {number:,}" if number else "the clinic's"
        source = f"Average of {whose} appointments since {past.since:%d %b %Y}, without a model"
        source += f", drawn to the clinic's {100 * clinic:.1f} %." if number else "."
    else:
        expected = models.no_show.probabilities(latest, past.known)
        booked = past.booked
        chances = models.no_show.probabilities(booked, past.known) if len(booked) else np.empty(0)
        rest = max(0, (patients or 0) - len(booked)) if len(booked) or patients else 1
        mix = float(expected[own][-MIX:].mean()) if number else float(expected[-MIX:].mean())
        rate = (chances.sum() + rest * mix) / (len(chances) + rest)
        source = f"Mean of what {models.name('no_show')} forecasts for {_whom(len(booked), rest)}."
    sessions = latest["provider"].astype(str) + latest["scheduled_at"].dt.strftime(" %Y-%m-%d")
    effect = session_effect(missed - expected, sessions)
    if models.no_show is None:
        effect = replace(effect, of_mean=float(rate * (1 - rate)) / (number + PRIOR))
    variance = effect.variance
    if not number:
        # A provider never seen differs from the mean as providers do.
        variance += session_effect(missed - clinic, latest["provider"]).between
    rate = float(np.clip(rate, 1e-6, LARGEST))
    levels = np.array(past.request.levels)
    quantiles = np.clip(beta_quantiles(rate, variance, levels), 0.0, LARGEST)
    return Input(
        name="no_show",
        heading="No-show rate",
        unit="%",
        value=rate,
        levels=past.request.levels,
        quantiles=tuple(quantiles.tolist()),
        source=source,
        uncertainty=_uncertainty(effect, known=number > 0),
    )


def _whom(booked: int, rest: int) -> str:
    those = f"the {booked} booked" if booked else ""
    others = (
        f"the provider's latest appointments, which stand for {'the rest' if booked else 'all'}"
    )
    return " and for ".join(one for one in (those, others if rest else "") if one)


def _uncertainty(effect: Effect, known: bool) -> str:
    """Return in words what the quantiles are of."""
    words = (
        f"Beta law of a session's rate: it varies by {100 * effect.between**0.5:.1f} points "
        f"(standard deviation) over {effect.sessions:,} past sessions beyond chance and forecast, "
        f"and its mean is known to {100 * effect.of_mean**0.5:.1f} points."
    )
    return words if known else f"{words} As the provider was never seen, providers differ on top."
