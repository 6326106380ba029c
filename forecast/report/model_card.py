"""Model cards: what a model is for, what it is not for, and how far it may be trusted.

After Mitchell et al. (2019), Model Cards for Model Reporting, doi:10.1145/3287560.3287596.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast.evaluation import Evaluation
from forecast.quantity import Model, Quantity

#: What the quantities are forecast for, what else they may be mistaken for, and what they cannot.
PURPOSES = {
    "no_show": (
        "The probability that a patient does not come to an appointment: its mean enters the "
        "planning of a session, and each one's the booking of a seat.",
        "Refusing or delaying care, judging a patient, or any decision on a person by itself: a "
        "low probability is no promise, and a high one is no fault.",
        "Rates drift with seasons and reminders; a probability holds for this clinic only.",
    ),
    "demand": (
        "How many patients ask for an appointment or walk in, per day and per interval, as a law "
        "of counts: it sizes sessions and their reserve.",
        "Forecasting single patients, epidemics, or demand that a change of service brings about.",
        "It takes the near future to be like the recent past of the same calendar.",
    ),
    "consultation": (
        "How long consultations take, as a law per visit type, provider and covariates: it enters "
        "the planning of a session as service times.",
        "Rating providers, or telling a patient how much time there is.",
        "It knows durations that were recorded, which include what happened around them.",
    ),
    "preference": (
        "The probability that a patient takes an offered appointment: it helps to offer and to "
        "allocate seats that suit.",
        "Withholding seats from anybody, or prices.",
        "It knows choices among what was offered, and nothing of what never was.",
    ),
}
OTHERWISE = (
    "Planning sessions of the clinic whose history it learned from.",
    "Decisions on single persons, and other clinics.",
    "It takes the near future to be like the recent past.",
)
#: Words in the names of columns that tell of attributes that law or decency protects.
PROTECTED = (
    "age", "gender", "sex", "ethnic", "ethnicity", "race", "religion", "disability", "handicap",
    "handcap", "pregnancy", "nationality", "language", "marital", "neighbourhood", "area",
    "scholarship", "welfare", "insurance", "postcode", "deprivation",
)  # fmt: skip


@dataclass(frozen=True)
class ModelCard:
    """What a model card speaks of.

    Attributes
    ----------
    name, model
        The model, with its parameters.
    quantity
        What it forecasts, with its options.
    inputs
        Names of what it looks at.
    evaluation
        How it did on the held-out period, beside the others.
    behind
        By how much each model's score is above the champion's, with the ends of the interval.
    about
        Until when and from what it learned, with what seed and code.
    """

    name: str
    model: Model
    quantity: Quantity
    inputs: tuple[str, ...]
    evaluation: Evaluation
    behind: pd.DataFrame | None
    about: Mapping[str, Any]

    def protected(self) -> list[str]:
        """Return the inputs whose names tell of a protected attribute."""
        return [name for name in self.inputs if {*name.lower().split("_")} & {*PROTECTED}]

    def calibration(self) -> str | None:
        """Return what was expected beside what happened, in a sentence, if it is known."""
        outcomes = self.evaluation.outcomes
        if outcomes is None:
            return None
        expected, observed = outcomes.expected[self.name].mean(), outcomes.observed.mean()
        return f"On average it expected {expected:.4f}, and {observed:.4f} happened."

    def markdown(self) -> str:
        """Return the card."""
        environment = Environment(
            loader=PackageLoader("forecast", "report"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        purpose, misuse, limits = PURPOSES.get(self.quantity.name, OTHERWISE)
        return environment.get_template("model_card.md.j2").render(
            card=self,
            purpose=purpose,
            misuse=misuse,
            limits=limits,
            parameters=asdict(self.model),
            options=asdict(self.quantity),  # type: ignore[call-overload]
        )
