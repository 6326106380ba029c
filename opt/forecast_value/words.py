"""What forecasts were worth, in words."""

from opt.forecast_value.value import CLASS, CLINIC, INDIVIDUAL, STEPS, ForecastValue
from opt.replay.bootstrap import Interval
from opt.replay.words import label

KNOWING = {
    CLASS: "each patient's class",
    INDIVIDUAL: "each patient's own forecast",
}
INSTEAD = {
    CLINIC: "the clinic's averages",
    CLASS: "the classes alone",
    "individual_rule": "one patient per mean consultation in the order of asking",
    "equispaced_rule": "patients spread evenly over the session",
}


def saved(outcome: ForecastValue, more: str, less: str) -> tuple[Interval, Interval | None]:
    """Return what a session costs less by one schedule than by another: minutes and per cent.

    The latter is None where there is none, see `Comparison.per_cent`.
    """
    comparison = outcome.comparison
    minutes, share = comparison.difference(more, less), comparison.per_cent(more, less)
    return _opposite(minutes), share and _opposite(share)


def expected_saving(outcome: ForecastValue, more: str, less: str) -> float:
    """Return the saving that the individual forecasts themselves expect."""
    expected = outcome.comparison.expected
    return float((expected[less] - expected[more]).mean())


def verdict(outcome: ForecastValue) -> list[str]:
    """Return what each step of information was worth, beginning with the whole."""
    comparison = outcome.comparison
    confidence = f"{100 * comparison.bootstrap.confidence:g} %"
    whole, *others = sorted(STEPS, key=lambda step: step != (INDIVIDUAL, CLINIC))
    sentences = [
        f"On {len(comparison.sessions)} sessions that took place, {_step(outcome, *whole)} "
        f"In brackets are {confidence} intervals, paired by session."
    ]
    return [*sentences, *(_upper(_step(outcome, *step)) for step in others)]


def _step(outcome: ForecastValue, more: str, less: str) -> str:
    minutes, share = saved(outcome, more, less)
    knowing = f"knowing {KNOWING[more]} instead of {INSTEAD[less]}"
    if minutes.mean == 0 and minutes.low == minutes.high:
        return f"{knowing} saves nothing: both lead to the same cost."
    word = "saves" if minutes.mean > 0 else "costs"
    size = minutes if minutes.mean > 0 else _opposite(minutes)
    told = f"{knowing} {word} {size.text()} weighted minutes a session"
    if share is not None:
        portion = share if minutes.mean > 0 else _opposite(share)
        told += f", {portion.text(1, ' %')}"
    if minutes.low > 0:
        return f"{told}."
    chance = " The interval includes 0: it may be chance." if minutes.high >= 0 else ""
    foreseen = expected_saving(outcome, more, less)
    return (
        f"{told}.{chance} The individual forecasts themselves expect a saving of {foreseen:.2f}. "
        f"{_explained(outcome, more, less)}"
    )


def _explained(outcome: ForecastValue, more: str, less: str) -> str:
    """Return how much better the forecasts with more information were."""
    with_it = outcome.quality[more]
    without = outcome.quality.get(less, outcome.quality[CLINIC])
    return (
        f"Such forecasts explain {round(100 * with_it.explained)} % of the variance of the "
        f"consultations, where without them it is {round(100 * without.explained)} %; they expect "
        f"{with_it.predicted:.2f} min on average, and it was {outcome.minutes:.2f}."
    )


def quality_rows(outcome: ForecastValue) -> list[list[str]]:
    """Return how good each level's forecasts were, as cells of a table."""
    return [
        [
            label(level),
            f"{one.predicted:.2f}",
            f"{outcome.minutes:.2f}",
            f"{100 * one.explained:.1f} %",
            f"{100 * one.no_show:.1f} %",
            f"{100 * outcome.no_show:.1f} %",
            f"{one.brier:.4f}",
        ]
        for level, one in outcome.quality.items()
    ]


def _opposite(interval: Interval) -> Interval:
    # Adding 0 turns a negative zero into a plain one.
    return Interval(0.0 - interval.mean, 0.0 - interval.high, 0.0 - interval.low)


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
