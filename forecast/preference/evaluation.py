"""How well models of choices do on the occasions of a held-out period."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation, Outcomes
from forecast.preference.figures import acceptance_figure, coefficient_figure
from forecast.preference.fitted import Array, FittedPreference
from forecast.preference.multinomial_logit import FittedMultinomialLogit
from forecast.preference.occasions import Occasions, Whole, chosen_rows, occasions_of
from objective import InvalidInput

SCORE = "log loss"
#: Groups of occasions, alike in size, by whose forecasts the calibration is told.
GROUPS = 10


@dataclass(frozen=True)
class Forecasts:
    """What a model said of occasions, and what then happened.

    Attributes
    ----------
    seats, declined
        Logarithms of the probabilities of seats, (rows,), and to decline, (occasions,).
    of, chosen
        The occasion of each row, and the row chosen on each occasion, -1 for none.
    """

    seats: Array
    declined: Array
    of: Whole
    chosen: Whole

    @property
    def losses(self) -> Array:
        """Negative logarithm of the probability of what happened, (occasions,)."""
        taken = self.chosen >= 0
        return -np.where(taken, self.seats[np.where(taken, self.chosen, 0)], self.declined)

    @property
    def brier(self) -> float:
        """Mean over occasions of the squared errors of all outcomes together (Brier 1950)."""
        happened = np.zeros(len(self.seats))
        happened[self.chosen[self.chosen >= 0]] = 1.0
        seats = np.bincount(self.of, (np.exp(self.seats) - happened) ** 2)
        none = (np.exp(self.declined) - (self.chosen < 0)) ** 2
        return float((seats + none).mean())

    @property
    def hit_rate(self) -> float:
        """Share of the occasions with the outcome that was the most likely one."""
        # Within an occasion the most likely seat comes first, the earlier row among equals.
        order = np.lexsort((-self.seats, self.of))
        best = order[np.unique(self.of[order], return_index=True)[1]]
        likely = np.where(self.seats[best] > self.declined, best, -1)
        return float((likely == self.chosen).mean())

    @property
    def acceptance(self) -> Array:
        """Probability that any seat is taken, (occasions,)."""
        return -np.expm1(self.declined)

    def reliability(self) -> pd.DataFrame:
        """Return forecast and observed share of accepted occasions, (groups, 3)."""
        order = np.argsort(self.acceptance, kind="stable")
        accepted = self.chosen >= 0
        rows = [
            (self.acceptance[part].mean(), accepted[part].mean(), len(part))
            for part in np.array_split(order, GROUPS)
            if len(part)
        ]
        return pd.DataFrame(rows, columns=["forecast", "observed", "occasions"])

    @property
    def calibration_error(self) -> float:
        """Mean distance of forecast and observed acceptance over the groups."""
        table = self.reliability()
        distance = (table["forecast"] - table["observed"]).abs()
        return float(np.average(distance, weights=table["occasions"]))


def evaluate_preference(
    models: Mapping[str, FittedPreference], history: History, split: Split
) -> Evaluation:
    """Score models on the occasions of a held-out period, the loss of each with its patient.

    Raises
    ------
    InvalidInput
        If nothing was offered in the period.
    """
    offered = history.offers["offered_at"]
    offers = history.offers[(offered >= split.first) & (offered < split.until)]
    if not len(offers):
        period = f"offers from {split.first} until {split.until}"
        raise InvalidInput("offers", "no rows", f"{period}, to test on")
    known = history.known_at(split.until)
    occasions = occasions_of(offers)
    chosen = chosen_rows(offers, occasions)
    told = {
        name: Forecasts(*model.log_choices(offers, occasions, known), occasions.of, chosen)
        for name, model in models.items()
    }
    scores = {
        name: {
            SCORE: float(one.losses.mean()),
            "Brier score": one.brier,
            "hit rate": one.hit_rate,
            "calibration error of acceptance": one.calibration_error,
        }
        for name, one in told.items()
    }
    reliability = {name: one.reliability() for name, one in told.items()}
    tables = {
        "reliability": pd.concat(
            [table.assign(model=name) for name, table in reliability.items()], ignore_index=True
        )
    }
    figures = [acceptance_figure(reliability)]
    sentences = [_what_was_tested(occasions, chosen)]
    for model in models.values():
        if isinstance(model, FittedMultinomialLogit):
            tables["coefficients"] = model.table()
            figures.append(coefficient_figure(model.table()))
    return Evaluation(
        quantity="preference",
        split=split,
        score=SCORE,
        scores=pd.DataFrame.from_dict(scores, orient="index"),
        losses=pd.DataFrame({name: one.losses for name, one in told.items()}),
        blocks=occasions.patients,
        sentences=tuple(sentences),
        figures=tuple(figures),
        tables=tables,
        outcomes=Outcomes(
            occasions.offered_at.to_numpy("datetime64[ns]"),
            (chosen >= 0).astype(np.float64),
            pd.DataFrame({name: one.acceptance for name, one in told.items()}),
        ),
    )


def _what_was_tested(occasions: Occasions, chosen: Whole) -> str:
    accepted = 100 * float((chosen >= 0).mean())
    seats = len(occasions.of) / occasions.count
    patients = len(set(occasions.patients.tolist()))
    return (
        f"Tested on {occasions.count:,} occasions of {patients:,} patients, {seats:.1f} seats "
        f"offered on each on average; on {accepted:.1f} % of them one was taken."
    )
