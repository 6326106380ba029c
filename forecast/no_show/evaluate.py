"""What is said of forecasts of a held-out period: scores, calibration, groups, leaks."""

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation, Outcomes
from forecast.no_show.expected_wait import StandardSession, expected_waits
from forecast.no_show.figures import groups_figure, reliability_figure, waits_figure
from forecast.no_show.groups import group_labels, group_table
from forecast.no_show.leaks import leak_sentences
from forecast.no_show.options import Options
from forecast.no_show.scores import (
    CLASSES,
    both_scores,
    log_losses,
    reliability,
    standard_errors,
)
from forecast.no_show.visits import days, missed
from objective.pages.figure import Figure


def evaluation_of(
    options: Options,
    forecasts: pd.DataFrame,
    history: History,
    visits: pd.DataFrame,
    split: Split,
) -> Evaluation:
    """Return how models did.

    The champion is chosen by the log loss: a proper score, and of those the one that judges a
    probability by how much it would have been worth to know it.

    Parameters
    ----------
    forecasts
        Probabilities, (visits, models).
    history
        What was known in the end.
    visits
        Those of the held-out period, (visits,) rows.
    """
    outcomes = missed(visits)
    features = options.features(visits, options.past(history.visits))
    ahead = features.booked_ahead
    table = pd.DataFrame(
        {
            name: both_scores(column.to_numpy(), outcomes, ahead)
            for name, column in forecasts.items()
        }
    ).T
    losses = forecasts.apply(lambda column: log_losses(column.to_numpy(), outcomes))
    losses = losses.reset_index(drop=True)
    patients = visits["patient_id"].astype(str).to_numpy(dtype=object)
    best = forecasts[str(losses.mean().idxmin())].to_numpy()
    errors = standard_errors(best, outcomes, ahead, patients)
    named = [name for name in options.protected if name in visits]
    groups = group_table(visits, named, options.age_groups, best, outcomes)
    labels = {name: group_labels(visits, name, options.age_groups) for name in named}
    waits = expected_waits(
        StandardSession(),
        best,
        days(visits["scheduled_at"]),
        visits["booked_at"].to_numpy("datetime64[s]"),
        labels,
    )
    curves = [reliability(best, outcomes).assign(cases_of="all")]
    if ahead.any():
        curves.append(reliability(best[ahead], outcomes[ahead]).assign(cases_of="booked ahead"))
    curve = pd.concat(curves, ignore_index=True)
    figures = [reliability_figure(curve, _calibration_sentence(table, errors))]
    figures += _group_figures(groups, waits)
    return Evaluation(
        quantity="no_show",
        split=split,
        score="log loss",
        scores=table,
        losses=losses,
        blocks=patients,
        sentences=(
            *leak_sentences(options, table, features, outcomes),
            *_sentences(options, visits, errors),
        ),
        figures=tuple(figures),
        tables={
            "reliability": curve,
            "groups": groups,
            "expected_waits": waits,
            "standard_errors": pd.DataFrame(errors.items(), columns=["score", "standard_error"]),
        },
        outcomes=Outcomes(
            visits["scheduled_at"].to_numpy("datetime64[ns]"),
            outcomes.astype(np.float64),
            forecasts.reset_index(drop=True),
        ),
    )


def _sentences(options: Options, visits: pd.DataFrame, errors: dict[str, float]) -> list[str]:
    share = missed(visits).mean()
    when = "when it was booked" if options.at_booking else "the night before, or when booked later"
    sentences = [
        f"{len(visits):,} appointments, {share:.1%} of them missed; each was forecast {when}.",
        "Standard errors of the best model's scores, drawing patients anew: "
        + ", ".join(f"{name} {value:.4f}" for name, value in errors.items()) + ".",
        f"The calibration error (ECE) is over {CLASSES} classes of equally many forecasts.",
    ]  # fmt: skip
    asked = [name for name in options.protected if name in (*options.numeric, *options.categorical)]
    if asked:
        sentences.append(
            f"Protected attributes that the models were asked to use: {', '.join(asked)}."
        )
    return sentences


def _calibration_sentence(table: pd.DataFrame, errors: dict[str, float]) -> str:
    best = table.loc[table["log loss"].idxmin()]
    return (
        f"On average the forecast of a class is {100 * best['ECE']:.1f} percentage points away "
        f"from what was seen (standard error {100 * errors['ECE']:.1f})."
    )


def _group_figures(groups: pd.DataFrame, waits: pd.DataFrame) -> list[Figure]:
    figures = []
    if len(groups):
        surprise = groups["calibration_in_the_large"].abs() / groups["standard_error"]
        worst = groups.loc[surprise.idxmax()]
        sentence = (
            "Beside what chance explains, the forecast is furthest off for "
            f"{worst['attribute']} {worst['group']}: "
            f"{worst['forecast']:.1%} against {worst['seen']:.1%} seen, of {worst['visits']:,} "
            "appointments."
        )
        figures.append(groups_figure(groups, sentence))
    if len(waits):
        session = StandardSession()
        large = waits[waits["patients"] >= waits["patients"].max() / 20]
        most = large.loc[large["change"].idxmax()]
        sentence = (
            f"Sessions of {session.seats} seats of {session.minutes:g} minutes are overbooked so "
            "that they are full on average; by individual forecasts, those most likely to miss "
            f"share seats. Of the larger groups {most['attribute']} {most['group']} fares worst: "
            f"its wait goes from {most['average']:.1f} to {most['individual']:.1f} minutes."
        )
        figures.append(waits_figure(waits, sentence))
    return figures
