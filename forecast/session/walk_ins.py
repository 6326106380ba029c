"""The walk-ins of a session: how many are expected in each interval, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from forecast.session.effect import gamma_quantiles
from forecast.session.inputs import Input
from forecast.session.models import Models
from forecast.session.past import Past
from objective import ServiceTime, WalkIns

Array = NDArray[np.float64]

#: Past days of the same weekday without which all weekdays are taken.
FEWEST_DAYS = 4
#: Minutes of the periods in which an average of the past is taken.
HOUR = 60
DAY = 1_440
#: Probability of more walk-ins in an interval than the law of their number lists.
TAIL = 1e-9
#: A dispersion below this is none.
SMALLEST = 1e-6


@dataclass(frozen=True)
class WalkInForecast:
    """How many walk-ins are expected.

    Attributes
    ----------
    rates
        Expected number in each interval, (intervals,).
    dispersion
        Variance of the factor that all intervals of the session share, whose mean is 1.
    source, uncertainty
        Where both come from, in sentences.
    """

    rates: Array
    dispersion: float
    source: str
    uncertainty: str

    def told(self, levels: tuple[float, ...]) -> Input:
        """Return the input with its quantiles: walk-ins in the whole session."""
        total = float(self.rates.sum())
        factors = gamma_quantiles(self.dispersion, np.array(levels))
        return Input(
            name="walk_ins",
            heading="Walk-ins in the session",
            unit="patients",
            value=total,
            levels=levels,
            quantiles=tuple((total * factors).tolist()),
            source=self.source,
            uncertainty=self.uncertainty,
        )


def walk_in_forecast(past: Past, models: Models) -> tuple[WalkInForecast | None, list[str]]:
    """Return the forecast of walk-ins, None where there are none, and what is to be said of it."""
    series = past.request.walk_ins.series
    if series is None:
        return None, ["Walk-ins are left out, as asked."]
    if models.demand is not None:
        share, notes = _share(past)
        return _by_model(past, models, series, share), notes
    if not len(past.walk_ins):
        return None, [
            f"The visits since {past.since:%d %b %Y} have no walk-ins: none are expected."
        ]
    return _average(past)


def walk_ins_of(
    forecast: WalkInForecast, factor: float, past: Past, service_time: ServiceTime
) -> WalkIns:
    """Return the walk-ins of a session in which so many times the expected number come."""
    options = past.request.walk_ins
    rates = factor * forecast.rates
    if options.law == "rate":
        given = {"rate": rates.tolist()}
    else:
        given = {"counts": [count_law(rate, forecast.dispersion) for rate in rates.tolist()]}
    return WalkIns(service_time=service_time, discipline=options.discipline, **given)


def count_law(mean: float, dispersion: float) -> list[float]:
    """Return the negative binomial law of a number, from 0 up, with variance m + dispersion m^2."""
    plain = dispersion < SMALLEST or mean <= 0
    size = 1 / max(dispersion, SMALLEST)
    law = stats.poisson(mean) if plain else stats.nbinom(size, size / (size + mean))
    mass = law.pmf(np.arange(int(law.isf(TAIL)) + 2))
    # The tail that is left out goes to the largest number.
    mass[-1] += max(0.0, 1.0 - float(mass.sum()))
    return list((mass / mass.sum()).tolist())


def _by_model(past: Past, models: Models, series: str, share: float) -> WalkInForecast:
    assert models.demand is not None
    request = past.request
    length = pd.Timedelta(minutes=models.period)
    first = request.date + ((request.begins - request.date) // length) * length
    starts = pd.date_range(first, request.until - pd.Timedelta(1, "ns"), freq=length)
    forecast = models.demand.forecast(past.known, pd.DatetimeIndex(starts), series)
    means = np.asarray(forecast.mean, np.float64)
    if models.period < DAY:
        rates = means @ _overlap(past, pd.DatetimeIndex(starts), length)
        dispersion = float(forecast.session_total(request.begins, request.until).dispersion[0])
        when = f"per {models.period} minutes"
    else:
        day = request.date
        total = forecast.session_total(day, day + pd.Timedelta(days=1))
        rates, dispersion = means[0] * _profile(past), float(total.dispersion[0])
        when = "per day, at the times of day at which walk-ins came before"
    part = "" if share == 1 else f"; {100 * share:.0f} % of them come to {request.provider}"
    name = models.name("demand")
    return WalkInForecast(
        rates=share * rates,
        dispersion=dispersion,
        source=f"What {name} forecasts of {series.replace('_', ' ')} {when}{part}.",
        uncertainty=(
            "Gamma law of the factor that the session's intervals share: its standard deviation "
            f"is {100 * dispersion**0.5:.0f} %, as the model has it for the number in the session."
        ),
    )


def _overlap(past: Past, starts: pd.DatetimeIndex, length: pd.Timedelta) -> Array:
    """Return the share of each period that falls into each interval, (periods, intervals)."""
    width = past.request.interval_length
    low = np.arange(past.request.intervals) * width
    begins = ((starts - past.request.begins) / pd.Timedelta(minutes=1)).to_numpy(np.float64)
    minutes = length / pd.Timedelta(minutes=1)
    shared = np.minimum(begins[:, None] + minutes, low + width) - np.maximum(begins[:, None], low)
    return np.asarray(np.clip(shared, 0.0, None) / minutes, np.float64)


def _profile(past: Past) -> Array:
    """Return the share of a day's walk-ins in each interval, (intervals,), by hours of the past."""
    times = past.walk_ins["scheduled_at"]
    hours = np.bincount(times.dt.hour, minlength=24) if len(times) else np.ones(24)
    starts = pd.date_range(past.request.date, periods=24, freq="h")
    shares = hours / hours.sum()
    return np.asarray(shares @ _overlap(past, starts, pd.Timedelta(hours=1)), np.float64)


def _share(past: Past) -> tuple[float, list[str]]:
    """Return the part of all walk-ins whom the provider sees on a day of work, and a note."""
    given = past.request.walk_ins.share
    if given is not None:
        return float(given), []
    walk_ins, worked = past.walk_ins, past.worked
    days = worked.loc[worked["provider"] == past.request.provider, "day"]
    there = walk_ins[walk_ins["scheduled_at"].dt.normalize().isin(days)] if len(days) else walk_ins
    if not len(days) or not len(there):
        note = (
            "No past walk-in says which part of them comes to the provider: all are taken "
            "(task.walk_ins.share)."
        )
        return 1.0, [note]
    return float((there["provider"] == past.request.provider).mean()), []


def _average(past: Past) -> tuple[WalkInForecast | None, list[str]]:
    """Return the average of past days on which the provider, or where never seen any, worked."""
    request, worked, walk_ins = past.request, past.worked, past.walk_ins
    own = bool((worked["provider"] == request.provider).any())
    if own:
        worked = worked[worked["provider"] == request.provider]
        walk_ins = walk_ins[walk_ins["provider"] == request.provider]
    same = worked[worked["day"].dt.dayofweek == request.date.dayofweek]
    which = f"{request.date:%A}s"
    if len(same) < FEWEST_DAYS:
        same, which = worked, "days"
    keys = pd.MultiIndex.from_frame(same[["provider", "day"]])
    days = walk_ins["scheduled_at"].dt.normalize()
    there = walk_ins[pd.MultiIndex.from_arrays([walk_ins["provider"], days]).isin(keys)]
    clock = there["scheduled_at"] - there["scheduled_at"].dt.normalize() + request.date
    starts = pd.date_range(request.date, periods=24, freq="h")
    hours = np.bincount(clock.dt.hour, minlength=24) / max(1, len(same))
    rates = hours @ _overlap(past, starts, pd.Timedelta(minutes=HOUR))
    inside = there[(clock >= request.begins) & (clock < request.until)]
    if not len(inside):
        return None, [f"On the last {len(same)} {which} nobody walked in at this time of day."]
    counts = inside.groupby(["provider", inside["scheduled_at"].dt.normalize()]).size()
    totals = np.concatenate([counts.to_numpy(), np.zeros(len(same) - len(counts))])
    mean, number = float(totals.mean()), len(totals)
    spread = float(totals.var(ddof=1)) if number > 1 else mean
    effect = max(0.0, (spread - mean) / mean**2)
    dispersion = effect + max(spread, mean) / number / mean**2
    whose = f"{request.provider}'s" if own else "all providers'"
    source = f"Average of {whose} last {number} {which} of work, by the hour, without a model."
    return (
        WalkInForecast(
            rates=np.asarray(rates, np.float64),
            dispersion=dispersion,
            source=source[0].upper() + source[1:],
            uncertainty=(
                f"Gamma law of the factor that the session's intervals share: days vary by "
                f"{100 * effect**0.5:.0f} % (standard deviation) beyond chance, and their mean is "
                f"known to {100 * (dispersion - effect) ** 0.5:.0f} %."
            ),
        ),
        [],
    )
