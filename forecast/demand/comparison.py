"""The scores of forecasts of demand from a rolling origin."""

import numpy as np
import pandas as pd

from forecast.data.periods import Split
from forecast.demand.figures import by_lead_figures, fan_figure
from forecast.demand.law import Array
from forecast.demand.levels import SCORE_LEVELS, TABLE_LEVELS
from forecast.demand.options import Options
from forecast.demand.rolling import RollingForecasts
from forecast.evaluation import Evaluation, Outcomes

DECILES = np.arange(1, 10) / 10
SCORED = np.isin(TABLE_LEVELS, SCORE_LEVELS)
#: Models without a network or trees: where one of them wins, the report says so.
BASELINES = ("seasonal_naive", "weekday_median", "calendar_glm")
#: Draws of the counts from a model's own quantiles, to see how well it could do at best.
DRAWS = 20


def compared(
    made: RollingForecasts, options: Options, split: Split, comparison_only: tuple[str, ...]
) -> Evaluation:
    """Return the scores, figures and sentences of a comparison.

    Scores are the continuous ranked probability score, of twice the mean pinball loss at the
    percentiles 1 to 99 (Gneiting & Raftery 2007, DOI 10.1198/016214506000001437), where there are
    several series in units of the scale of each; the mean absolute scaled error of the median; the
    weighted quantile loss, twice the pinball loss at the deciles over all counts; the logarithm of
    the probability of what came; and how often intervals of 80 and 95 % held it.
    """
    cases = made.cases
    counts, scale = cases["count"].to_numpy(float), cases["scale"].to_numpy(float)
    several = cases["series"].nunique() > 1
    losses, rows = {}, {}
    for name, quantiles in made.quantiles.items():
        loss = crps(counts, quantiles)
        losses[name] = loss / scale if several else loss
        middle = quantiles[:, TABLE_LEVELS == 0.5][:, 0]
        rows[name] = {
            ("scaled CRPS" if several else "CRPS"): losses[name].mean(),
            "MASE": (np.abs(counts - middle) / scale).mean(),
            "WQL": weighted_quantile_loss(counts, quantiles),
            "negative log likelihood": -made.log_mass[name].mean(),
            "coverage of 80 %": inside(counts, quantiles, 0.1).mean(),
            "coverage of 95 %": inside(counts, quantiles, 0.025).mean(),
        }
    score = "scaled CRPS" if several else "CRPS"
    table = pd.DataFrame(losses)
    promotable = table.drop(columns=list(comparison_only))
    champion = str((promotable if promotable.shape[1] else table).mean().idxmin())
    leads = _by_lead(made, table, options, score)
    return Evaluation(
        quantity="demand",
        split=split,
        score=score,
        scores=pd.DataFrame(rows).T.sort_values(score),
        losses=table,
        blocks=_blocks(cases, several),
        comparison_only=comparison_only,
        sentences=_sentences(made, table, champion, options, several),
        figures=(
            fan_figure(made, champion),
            *by_lead_figures(leads, score, list(table.mean().sort_values().index)),
        ),
        tables={"by_lead": leads},
        outcomes=Outcomes(
            cases["start"].to_numpy("datetime64[ns]"), counts, pd.DataFrame(dict(made.means))
        ),
    )


def crps(counts: Array, quantiles: Array) -> Array:
    """Return the continuous ranked probability score of quantiles at `TABLE_LEVELS`, (cases,)."""
    error = counts[:, None] - quantiles[:, SCORED]
    pinball = np.maximum(SCORE_LEVELS * error, (SCORE_LEVELS - 1) * error)
    return np.asarray(2 * pinball.mean(axis=1))


def weighted_quantile_loss(counts: Array, quantiles: Array) -> float:
    """Return twice the mean pinball loss at the deciles, over the sum of all counts."""
    places = [int(np.abs(TABLE_LEVELS - level).argmin()) for level in DECILES]
    error = counts[:, None] - quantiles[:, places]
    loss = 2 * np.maximum(DECILES * error, (DECILES - 1) * error).mean(axis=1)
    return float(loss.sum() / max(counts.sum(), 1.0))


def inside(counts: Array, quantiles: Array, tail: float) -> np.ndarray:
    """Return which counts lie between the quantiles at a level and at one less it, (cases,)."""
    low, high = (np.abs(TABLE_LEVELS - level).argmin() for level in (tail, 1 - tail))
    return (counts >= quantiles[:, low]) & (counts <= quantiles[:, high])


def noise_floor(quantiles: Array, seed: int = 0) -> tuple[float, float]:
    """Return mean and standard deviation of the score if counts came from the forecasts themselves.

    No forecast without knowledge of the future is much below it, if the model is right.
    """
    generator = np.random.default_rng(seed)
    rows = np.arange(len(quantiles))
    scores = []
    for _ in range(DRAWS):
        level = generator.uniform(TABLE_LEVELS[0], TABLE_LEVELS[-1], len(quantiles))
        place = np.clip(np.searchsorted(TABLE_LEVELS, level), 0, len(TABLE_LEVELS) - 1)
        scores.append(crps(quantiles[rows, place], quantiles).mean())
    return float(np.mean(scores)), float(np.std(scores))


def _blocks(cases: pd.DataFrame, several: bool) -> np.ndarray:
    origin = cases["origin"].astype(str)
    return ((cases["series"] + " " + origin) if several else origin).to_numpy(str)


def _by_lead(
    made: RollingForecasts, losses: pd.DataFrame, options: Options, score: str
) -> pd.DataFrame:
    """Return score and coverage of each model for each day ahead."""
    day = (made.cases["lead"].to_numpy() - 1) // options.per_day + 1
    counts = made.cases["count"].to_numpy(float)
    tables = []
    for name, quantiles in made.quantiles.items():
        columns = {
            "day": day,
            score: losses[name].to_numpy(),
            "coverage of 80 %": inside(counts, quantiles, 0.1),
            "coverage of 95 %": inside(counts, quantiles, 0.025),
        }
        table = pd.DataFrame(columns).groupby("day").mean().reset_index()
        table.insert(0, "model", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _sentences(
    made: RollingForecasts,
    losses: pd.DataFrame,
    champion: str,
    options: Options,
    several: bool,
) -> tuple[str, ...]:
    cases = made.cases
    origins, series = cases["origin"].nunique(), cases["series"].nunique()
    blocks = losses.groupby(_blocks(cases, several)).mean()
    error = float(blocks[champion].std(ddof=0) / np.sqrt(len(blocks)))
    texts = [
        f"Forecasts of {series} series from {origins} origins, {options.origin_every} days apart, "
        f"each of {options.horizon} days in periods of {options.period} minutes; "
        + _learning(options),
        f"The standard error of the winner's score is {error:.4f} (over {len(blocks)} blocks).",
        "MASE: absolute errors of the median over the mean absolute change from week to week "
        "before the held-out period.",
    ]
    words = champion.replace("_", " ")
    if champion in BASELINES:
        texts.append(f"The winner, {words}, is a baseline: nothing more complex did better.")
    if "network" in losses and champion != "network":
        more = losses["network"].mean() - losses[champion].mean()
        texts.append(f"The network's score is {more:.4f} above the winner's.")
    counts = cases["count"].to_numpy(float)
    share = inside(counts, made.quantiles[champion], 0.1).mean()
    texts.append(f"The winner's intervals of 80 % held {100 * share:.1f} % of the counts.")
    texts += _alarm(made, losses, several)
    if made.skipped:
        texts.append(
            f"{made.skipped} forecasts were not made: nothing was known shortly before the origin."
        )
    return tuple(texts)


def _learning(options: Options) -> str:
    if not options.refit_every:
        return "models did not learn again."
    return f"models learned again after every {options.refit_every} origins."


def _alarm(made: RollingForecasts, losses: pd.DataFrame, several: bool) -> list[str]:
    """Return what is to be said of the least score that is credible, where a model tells it."""
    if "calendar_glm" not in made.quantiles or several:
        return []
    floor, deviation = noise_floor(made.quantiles["calendar_glm"])
    text = (
        f"If counts came as the calendar glm says, its score would be {floor:.4f} "
        f"(standard deviation {deviation:.4f})."
    )
    low = [name for name, value in losses.mean().items() if value < floor - 3 * deviation]
    if low:
        text += (
            f" ALARM: {', '.join(map(str, low))} scored far below it; look for what it knows of "
            "the future."
        )
    return [text]
