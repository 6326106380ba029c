"""What is known of patients from sessions that have taken place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import optimize, special

from objective import InvalidInput, PatientType, ServiceTime
from objective.laws import Array
from opt.replay.past_sessions import PastSession

LawName = Literal["empirical", "gamma", "lognormal"]
#: Of a kind with fewer patients than this nothing of its own is learnt.
SMALLEST_KIND = 30


@dataclass(frozen=True)
class Fit:
    """Consultation times and no-shows as past sessions show them.

    Attributes
    ----------
    service_time, no_show
        Of all patients.
    types
        Of each kind that is frequent enough, by name; empty where patients are all alike.
    """

    service_time: ServiceTime
    no_show: float
    types: Mapping[str, PatientType]

    def types_of(self, kinds: Sequence[str]) -> dict[str, PatientType]:
        """Return the types of the kinds of a session; one that is rare is like all patients."""
        return {name: self.types.get(name, PatientType()) for name in dict.fromkeys(kinds)}


def fit(
    past: Sequence[PastSession], law: LawName, class_column: str | None = None, parts: int = 1
) -> Fit:
    """Return what past sessions say.

    Parameters
    ----------
    past
        The sessions, at least one.
    law
        The law of the consultation time: the measured ones themselves, or the gamma or lognormal
        law of greatest likelihood.
    class_column, parts
        In what patients differ, see `kinds_of`.

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
    if class_column is not None or parts > 1:
        names = np.concatenate([kinds_of(session, class_column, parts) for session in past])
        for name in sorted(set(names.tolist())):
            theirs = names == name
            if (came & theirs).sum() >= SMALLEST_KIND:
                types[name] = PatientType(
                    fitted_law(minutes[came & theirs], law), 1 - float(came[theirs].mean())
                )
    return Fit(fitted_law(minutes[came], law), 1 - float(came.mean()), types)


def kinds_of(session: PastSession, class_column: str | None, parts: int) -> tuple[str, ...]:
    """Return what kind each patient of a session is, (patients,).

    Parameters
    ----------
    class_column
        The column whose classes differ; None if it does not matter.
    parts
        Into how many parts of equally many patients a session is divided; patients of different
        parts differ, for example because consultations become shorter towards the end.

    Raises
    ------
    InvalidInput
        If the session has no such column.
    """
    if class_column is None:
        names: Sequence[str] = ["patient"] * session.patients
    elif class_column in session.classes:
        names = session.classes[class_column]
    else:
        allowed = "a column of the file, or null"
        raise InvalidInput("replay.classes", class_column, allowed)
    if parts == 1:
        return tuple(names)
    return tuple(
        f"{name}, part {1 + rank * parts // session.patients} of {parts}"
        for rank, name in enumerate(names)
    )


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
