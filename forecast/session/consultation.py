"""The consultation time of a session: its law, and how sure its mean is."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.session.effect import gamma_quantiles, session_effect
from forecast.session.inputs import Input
from forecast.session.models import Models
from forecast.session.past import Past
from objective import InvalidInput, ServiceTime

Array = NDArray[np.float64]

#: Consultations that a provider must have had for an average of the provider's own.
FEWEST = 20
#: Cases that stand for the usual mix, and from which it is seen how sessions differ: the latest.
MIX, LATEST = 200, 2_000
#: Most durations that stand for a measured law.
POINTS = 400
#: Parameters of laws that are minutes.
MINUTES = ("mean", "minutes", "durations", "edges", "step")


def consultation_input(
    past: Past, models: Models, patients: int | None
) -> tuple[Input, ServiceTime]:
    """Return the forecast of the mean consultation time, and the law with that mean.

    With a model the law is the mixture over those booked and the usual mix of visit types; without
    one it is what was measured of the provider, or of all where that is too little.

    Raises
    ------
    InvalidInput
        If the history has no consultation with a duration.
    """
    table = past.consultations
    if not len(table):
        allowed = f"consultations since {past.since}, or visits that were started and ended"
        raise InvalidInput("history.consultations", "no rows", allowed)
    ordered = table.sort_values("started_at", kind="stable")
    own = ordered[ordered["provider"] == past.request.provider]
    mine = len(own) >= FEWEST
    base = own if mine else ordered
    whose = f"{past.request.provider}'s" if mine else "all providers'"
    latest = ordered.tail(LATEST)
    if models.consultation is None:
        law = measured_law(base, past.request.visit_types)
        expected = _class_means(latest)
        source = f"{whose} {len(base):,} consultations since {past.since:%d %b %Y}, as measured, "
        source = source[0].upper() + source[1:] + "without a model."
        if not mine and len(own):
            source += f" {past.request.provider} has only {len(own)}."
    else:
        cases, booked = _cases(past, base, patients)
        law = models.consultation.forecast(cases, past.known).mixture()
        expected = models.consultation.forecast(latest, past.known).mean()
        those = f"the {booked} booked and " if booked else ""
        source = (
            f"Mixture of what {models.name('consultation')} forecasts for {those}{whose} usual mix "
            "of visit types."
        )
    ratios = latest["minutes"].to_numpy(np.float64) / expected
    effect = session_effect(ratios, latest["session"])
    of_base = latest.index.isin(base.index)
    if of_base.any():
        of_mean = session_effect(ratios[of_base], latest["session"][of_base]).of_mean
        effect = replace(effect, of_mean=of_mean)
    variance = effect.variance
    if not len(own):
        variance += session_effect(ratios, latest["provider"]).between
    factors = gamma_quantiles(variance, np.array(past.request.levels))
    told = Input(
        name="consultation",
        heading="Mean consultation time",
        unit="min",
        value=law.mean,
        levels=past.request.levels,
        quantiles=tuple((law.mean * factors).tolist()),
        source=source,
        uncertainty=(
            "Gamma law of a session's mean over its forecast: it varies by "
            f"{100 * effect.between**0.5:.0f} % (standard deviation) over {effect.sessions:,} past "
            f"sessions beyond chance, and is known to {100 * effect.of_mean**0.5:.1f} % on "
            "average. The law is stretched to each mean."
        ),
    )
    return told, law


def walk_in_law(past: Past, models: Models, otherwise: ServiceTime) -> ServiceTime:
    """Return the law of walk-ins' consultation times, that of the booked where few are known."""
    table, walk_ins = past.consultations, past.walk_ins
    if not len(table) or not len(walk_ins):
        return otherwise
    theirs = table[table["visit_id"].isin(walk_ins["visit_id"])]
    own = theirs[theirs["provider"] == past.request.provider]
    base = own if len(own) >= FEWEST else theirs
    if len(base) < FEWEST:
        return otherwise
    if models.consultation is None:
        return measured_law(base, None)
    cases = _strangers(past, base["visit_type"].tail(MIX).tolist())
    return models.consultation.forecast(cases, past.known).mixture()


def measured_law(consultations: pd.DataFrame, shares: Mapping[str, float] | None) -> ServiceTime:
    """Return what was measured, by visit type in the given shares, as at most `POINTS` durations.

    Raises
    ------
    InvalidInput
        If a visit type was never measured.
    """
    minutes = consultations["minutes"].to_numpy(np.float64)
    if shares is None:
        return ServiceTime.empirical(_thinned(minutes, min(POINTS, len(minutes))))
    points = []
    for name, share in shares.items():
        theirs = minutes[(consultations["visit_type"] == name).to_numpy()]
        if share > 0 and not len(theirs):
            known = ", ".join(sorted(map(str, consultations["visit_type"].unique())))
            raise InvalidInput("task.visit_types", name, f"one that was measured: {known}")
        points.append(_thinned(theirs, round(share * POINTS)) if share > 0 else np.empty(0))
    return ServiceTime.empirical(np.concatenate(points))


def stretched(law: ServiceTime, factor: float) -> ServiceTime:
    """Return the law of so many times the minutes."""
    return ServiceTime.from_dict(_stretched(law.to_dict(), factor))


def _stretched(description: Mapping[str, object], factor: float) -> dict[str, object]:
    made = dict(description)
    for name in MINUTES:
        if name in made:
            made[name] = (factor * np.asarray(made[name], np.float64)).tolist()
    if isinstance(made.get("of"), Mapping):
        made["of"] = _stretched(made["of"], factor)  # type: ignore[arg-type]
    return made


def _thinned(minutes: Array, points: int) -> Array:
    """Return so many durations with the same law and mean."""
    if points == len(minutes):
        return minutes
    middle = (np.arange(points) + 0.5) / points
    found = np.quantile(minutes, middle)
    return np.asarray(found * (minutes.mean() / found.mean()), np.float64)


def _class_means(table: pd.DataFrame) -> Array:
    """Return the mean of each consultation's provider and visit type, (consultations,)."""
    means = table.groupby(["provider", "visit_type"], observed=True)["minutes"].transform("mean")
    return means.to_numpy(np.float64)


def _cases(past: Past, base: pd.DataFrame, patients: int | None) -> tuple[pd.DataFrame, int]:
    """Return cases that stand for the session with equal weights, and how many are booked."""
    shares = past.request.visit_types
    if shares is not None:
        types = [name for name, share in shares.items() for _ in range(round(share * MIX))]
        return _strangers(past, types), 0
    booked = past.booked
    mix = base["visit_type"].tail(MIX).tolist()
    rest = max(0, (patients or 0) - len(booked)) if len(booked) else 1
    if not len(booked):
        return _strangers(past, mix), 0
    theirs = booked.assign(started_at=booked["scheduled_at"])
    if not rest:
        return theirs, len(booked)
    # As many of the usual mix for each patient to come as make the weights of both right.
    times = max(1, round(MIX / rest / 4))
    chosen = [mix[(one * len(mix)) // (rest * times)] for one in range(rest * times)]
    return pd.concat([*[theirs] * times, _strangers(past, chosen)], ignore_index=True), len(booked)


def _strangers(past: Past, visit_types: list[str]) -> pd.DataFrame:
    """Return cases of nobody in particular, one of each of the visit types."""
    return pd.DataFrame(
        {
            "visit_id": [f"expected {number}" for number in range(len(visit_types))],
            "patient_id": "",
            "provider": past.request.provider,
            "visit_type": visit_types,
            "session": past.request.file_name,
            "started_at": past.request.begins,
        }
    )
