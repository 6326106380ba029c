"""What is known of patients from sessions that have taken place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import optimize, special

from objective import InvalidInput, PatientType, ServiceTime
from objective.laws import Array
from opt.replay.past_sessions import CLASS_COLUMNS, PastSession

LawName = Literal["empirical", "gamma", "lognormal"]
#: Of a class with fewer patients than this nothing of its own is learnt.
SMALLEST_CLASS = 30


@dataclass(frozen=True)
class Fit:
    """Consultation times and no-shows as past sessions show them.

    Attributes
    ----------
    service_time, no_show
        Of all patients.
    types
        Of each class that is frequent enough, by name; empty where classes are not looked at.
    """

    service_time: ServiceTime
    no_show: float
    types: Mapping[str, PatientType]

    def types_of(self, classes: Sequence[str]) -> dict[str, PatientType]:
        """Return the types of the classes of a session; one that is rare is like all patients."""
        return {name: self.types.get(name, PatientType()) for name in dict.fromkeys(classes)}


def fit(past: Sequence[PastSession], law: LawName, class_column: str | None) -> Fit:
    """Return what past sessions say.

    Parameters
    ----------
    past
        The sessions, at least one.
    law
        The law of the consultation time: the measured ones themselves, or the gamma or lognormal
        law of greatest likelihood.
    class_column
        The column whose classes differ; None for patients who are all alike.

    Raises
    ------
    InvalidInput
        If the law is unknown, the sessions have no such column, nobody came, or a law with a
        density is to be fitted to consultations of 0 minutes or all of the same length.
    """
    if law not in get_args(LawName):
        raise InvalidInput("replay.law", law, "one of " + ", ".join(get_args(LawName)))
    minutes = np.concatenate([session.minutes for session in past])
    came = np.concatenate([session.came for session in past])
    if not came.any():
        raise InvalidInput("came", "nobody", "true of a patient in the sessions fitted to")
    types = {}
    if class_column is not None:
        names = np.concatenate([class_names(session, class_column) for session in past])
        for name in sorted(set(names.tolist())):
            theirs = names == name
            if (came & theirs).sum() >= SMALLEST_CLASS:
                types[name] = PatientType(
                    fitted_law(minutes[came & theirs], law), 1 - float(came[theirs].mean())
                )
    return Fit(fitted_law(minutes[came], law), 1 - float(came.mean()), types)


def class_names(session: PastSession, class_column: str) -> tuple[str, ...]:
    """Return the class of each patient; raise `InvalidInput` if the file does not say it."""
    if class_column not in CLASS_COLUMNS:
        allowed = "null, or one of " + ", ".join(CLASS_COLUMNS)
        raise InvalidInput("replay.classes", class_column, allowed)
    if class_column not in session.classes:
        raise InvalidInput("replay.classes", class_column, "a column of the file")
    return session.classes[class_column]


def fitted_law(minutes: Array, law: LawName) -> ServiceTime:
    """Return the law of greatest likelihood for measured minutes (consultations,)."""
    if law == "empirical":
        return ServiceTime.empirical(minutes)
    if minutes.min() <= 0 or minutes.max() == minutes.min():
        given = f"{law}, for consultations from {minutes.min():g} to {minutes.max():g} minutes"
        raise InvalidInput("replay.law", given, "empirical where some are 0 or all the same")
    mean, logs = float(minutes.mean()), np.log(minutes)
    if law == "lognormal":
        variance = float(logs.var())
        mean_of_law = float(np.exp(logs.mean() + variance / 2))
        return ServiceTime.lognormal(mean_of_law, float(np.sqrt(np.expm1(variance))))
    # The likelihood is greatest at the sample's mean, and where log k - digamma(k) is this.
    excess = np.log(mean) - float(logs.mean())
    shape = optimize.brentq(
        lambda log_shape: log_shape - special.digamma(np.exp(log_shape)) - excess, -20.0, 30.0
    )
    return ServiceTime.gamma(mean, float(np.exp(-shape / 2)))
