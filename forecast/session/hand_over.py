"""The session that follows from the forecasts, and those at the quantiles of each input."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import holidays as bank_holidays
import pandas as pd

from forecast.data.history import History
from forecast.session.consultation import consultation_input, stretched, walk_in_law
from forecast.session.inputs import Input, file_suffix
from forecast.session.models import Models
from forecast.session.no_show import no_show_input
from forecast.session.past import Past
from forecast.session.request import SessionRequest
from forecast.session.walk_ins import walk_in_forecast, walk_ins_of
from objective import ClinicSession, InvalidInput
from objective.session import MAX_PATIENTS

#: Past days of the same weekday on which a provider who works then was there at least once.
WEEKS = 8


@dataclass(frozen=True)
class SessionForecast:
    """A session as it is forecast.

    Attributes
    ----------
    request
        What was asked for.
    as_of
        When the forecast was made.
    session
        The session with every input as it is forecast.
    inputs
        The inputs, with how sure they are.
    varied
        The session with one input at one of its quantiles, by the name of its file.
    notes
        What is to be said of it, in sentences.
    """

    request: SessionRequest
    as_of: pd.Timestamp
    session: ClinicSession
    inputs: tuple[Input, ...]
    varied: Mapping[str, ClinicSession]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the file of the session is called."""
        return self.request.file_name

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as plain names and numbers."""
        request = self.request
        return {
            "name": self.name,
            "provider": request.provider,
            "date": f"{request.date:%Y-%m-%d}",
            "start": request.start,
            "as_of": self.as_of.isoformat(),
            "session": self.session.to_dict(),
            "inputs": [one.to_dict() for one in self.inputs],
            "varied": list(self.varied),
            "notes": list(self.notes),
        }


def forecast_session(
    request: SessionRequest, history: History, models: Models | None = None
) -> SessionForecast:
    """Return a provider's session as it is forecast from a history.

    Parameters
    ----------
    request
        Whose session, when, how long, for how many.
    history
        What the clinic recorded; nothing later than ``request.as_of`` is looked at.
    models
        The models in use; where there is none of a quantity, the average of the past is taken.

    Raises
    ------
    InvalidInput
        If the session lies in the past or too far ahead, nothing is known of what is needed, or no
        patient fits in.
    """
    models = Models() if models is None else models
    past = Past.of(request, history)
    no_show = no_show_input(past, models, request.patients)
    consultation, law = consultation_input(past, models, request.patients)
    walk_ins, notes = walk_in_forecast(past, models)
    inputs = [no_show, consultation]
    theirs = walk_in_law(past, models, law)
    if walk_ins is not None:
        inputs.append(walk_ins.told(request.levels))
    session = ClinicSession(
        patients=_patients(request, no_show.value, consultation.value, past),
        intervals=request.intervals,
        interval_length=request.interval_length,
        service_time=law,
        no_show=no_show.value,
        walk_ins=None if walk_ins is None else walk_ins_of(walk_ins, 1.0, past, theirs),
    )
    if request.patients is None:
        session = _filled(session, request, len(past.booked))
    varied: dict[str, ClinicSession] = {}
    for one in inputs:
        for level, value in zip(one.levels, one.quantiles, strict=True):
            changed = session
            if one.name == "no_show":
                changed = replace(session, no_show=value)
            elif one.name == "consultation":
                changed = replace(session, service_time=stretched(law, value / one.value))
            elif walk_ins is not None:
                drawn = walk_ins_of(walk_ins, value / one.value, past, theirs)
                changed = replace(session, walk_ins=drawn)
            varied[f"{request.file_name}_{file_suffix(one.name, level)}"] = changed
    if walk_ins is not None:
        notes.append(_independence(request))
    notes = [*_calendar_notes(past), *notes]
    return SessionForecast(request, past.as_of, session, tuple(inputs), varied, tuple(notes))


def _patients(request: SessionRequest, no_show: float, minutes: float, past: Past) -> int:
    """Return the patients asked for, or a first guess that `_filled` replaces."""
    booked = len(past.booked)
    if request.patients is None:
        return max(1, booked)
    if request.patients < booked:
        allowed = f"at least {booked}, who are booked already"
        raise InvalidInput("task.patients", request.patients, allowed)
    return request.patients


def _filled(session: ClinicSession, request: SessionRequest, booked: int) -> ClinicSession:
    """Return the session with as many patients as it holds on average."""
    unbooked = session.expected_consultations - session.expected_booked_work
    each = session.expected_booked_work / session.patients
    room = request.utilisation * session.length - unbooked
    patients = max(booked, min(math.floor(room / each + 1e-9), MAX_PATIENTS))
    if patients < 1:
        found = f"{room:.0f} minutes beside walk-ins"
        allowed = f"room for a patient, who takes {each:.1f} minutes on average"
        raise InvalidInput("task.utilisation", found, allowed)
    return replace(session, patients=patients)


def _calendar_notes(past: Past) -> list[str]:
    """Return what is to be said of the provider and of the day."""
    request, notes = past.request, []
    if not past.seen:
        notes.append(f"{request.provider} was never seen: the forecast is that of all providers.")
    if past.known.country:
        # holidays takes subdivisions as GB-ENG does.
        country, _, part = past.known.country.partition("-")
        days = bank_holidays.country_holidays(country, subdiv=part or None, years=request.date.year)
        if request.date.date() in days:
            name = days[request.date.date()]
            notes.append(f"{request.date.day} {request.date:%B %Y} is a bank holiday: {name}.")
    worked = past.worked
    days_of = worked.loc[worked["provider"] == request.provider, "day"]
    recent = days_of[days_of >= past.as_of - pd.Timedelta(weeks=WEEKS)]
    if len(recent) and not (recent.dt.dayofweek == request.date.dayofweek).any():
        notes.append(
            f"{request.provider} has not worked on a {request.date:%A} in the last {WEEKS} weeks: "
            "it may be a day off."
        )
    elif past.seen and not len(recent):
        notes.append(f"{request.provider} has not been seen in the last {WEEKS} weeks.")
    if len(past.booked):
        notes.append(f"{len(past.booked)} appointments are booked already.")
    return notes


def _independence(request: SessionRequest) -> str:
    if request.walk_ins.law == "counts":
        return (
            "Each interval's number of walk-ins varies as that of days does, but the optimiser "
            "takes intervals as independent: busy days as a whole are in the quantiles."
        )
    return (
        "Walk-ins are Poisson in each interval, and the optimiser takes intervals as independent: "
        "busy days as a whole are in the quantiles."
    )
