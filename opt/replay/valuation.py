"""How sessions are valued: before they take place by expectation, afterwards by what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from objective import ClinicSession, InvalidInput, Mean, Objective, Penalty, Weights
from objective.charges import Idle
from objective.device import DTYPES
from objective.laws import Array
from objective.penalties import penalties_from_dict
from objective.realised_days import serve_realised

#: What a session is measured by: minutes, and weighted minutes.
MEASURES = ("waiting", "idle", "tardiness", "cost")


@dataclass(frozen=True)
class Day:
    """A day that happened: who came, how long each took, (patients,), and the planned length.

    ``shows`` is the number of patients that the sum of the waits is divided by: how many were
    expected to come, so that the same number divides whatever the schedule, and whoever came.
    """

    minutes: Array
    came: NDArray[np.bool_]
    length: float
    shows: float


@dataclass(frozen=True)
class Valuation:
    """Weights and definitions of a clinic; see `objective.Objective` for what each of them is."""

    weights: Weights
    idle: Idle = "session"
    waiting_penalty: Penalty = field(default_factory=Mean)
    tardiness_penalty: Penalty = field(default_factory=Mean)
    device: str = "cpu"
    dtype: str = "float64"
    step: float | None = None

    def __post_init__(self) -> None:
        if self.idle not in ("session", "makespan"):
            raise InvalidInput("idle_definition", self.idle, "'session' or 'makespan'")

    @staticmethod
    def from_settings(settings: Mapping[str, Any]) -> "Valuation":
        """Return the valuation that a composed configuration describes."""
        waiting, tardiness = penalties_from_dict(settings["penalties"])
        dtype = settings["device"].get("dtype")
        if dtype not in DTYPES:
            raise InvalidInput("device.dtype", dtype, "one of " + ", ".join(DTYPES))
        return Valuation(
            Weights.from_dict(settings["weights"]),
            settings["idle_definition"],
            waiting,
            tardiness,
            settings["device"]["name"],
            dtype,
            settings["step"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the valuation as plain names and numbers."""
        return {
            "weights": self.weights.to_dict(),
            "idle_definition": self.idle,
            "penalties": {
                "waiting": self.waiting_penalty.to_dict(),
                "tardiness": self.tardiness_penalty.to_dict(),
            },
            "step": self.step,
        }

    def objective(self, session: ClinicSession, shows: float) -> Objective:
        """Return the expected cost of a session whose waits are divided by ``shows``.

        An objective divides by the number of patients that its own session expects; here another
        forecast of the same patients shall not change what a minute of their waiting is worth.
        """
        share = session.expected_shows / shows
        return Objective(
            session,
            replace(self.weights, waiting=self.weights.waiting * share),
            self.idle,
            device=self.device,
            dtype=DTYPES[self.dtype],
            waiting_penalty=self.waiting_penalty,
            tardiness_penalty=self.tardiness_penalty,
            step=self.step,
        )

    def measured(self, days: Sequence[Day], appointments: Sequence[Array]) -> dict[str, Array]:
        """Return what each day comes to under its own appointments, (days,) by measure.

        ``appointments`` holds the minutes of each day's patients, (patients,) each.
        """
        most = max(len(day.minutes) for day in days)
        planned, minutes = np.zeros((2, most, len(days)))
        came = np.zeros((most, len(days)), dtype=bool)
        for column, (day, times) in enumerate(zip(days, appointments, strict=True)):
            rows = slice(len(day.minutes))
            planned[rows, column], minutes[rows, column] = times, day.minutes
            came[rows, column] = day.came
        served = serve_realised(*map(torch.from_numpy, (planned, minutes, came)))
        length = torch.tensor([day.length for day in days], dtype=torch.float64)
        shows = torch.tensor([day.shows for day in days], dtype=torch.float64)
        tardiness = served.tardiness(length)
        session_idle = self.idle == "session"
        idle = served.session_idle(length) if session_idle else served.makespan_idle
        charged = self.waiting_penalty.of_work(served.wait).sum(0) / shows
        cost = (
            self.weights.waiting * charged
            + self.weights.idle * idle
            + self.weights.tardiness * self.tardiness_penalty.of_work(tardiness)
        )
        found = (served.wait.sum(0) / shows, idle, tardiness, cost)
        return dict(zip(MEASURES, (one.numpy() for one in found), strict=True))
