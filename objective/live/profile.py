"""The rest of a clinic day in detail: when each patient is called, and when the day ends."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LiveProfile:
    """The rest of one provider's day; times in minutes from the start of the session.

    Attributes
    ----------
    now
        The moment of observation.
    session_length
        Planned length of the session.
    rank
        Rank, from 0, of each patient who waits or is expected, (remaining,) whole numbers.
    appointment_time
        Of each of them, (remaining,).
    expected_start
        Expected start of the consultation if the patient comes, (remaining,).
    start_low, start_high
        The start is earlier than the first with probability 10 %, and later than the second with
        probability 10 %, if the patient comes, (remaining,): an interval of 80 %. Between the
        points of the grid by linear interpolation, unless all durations are multiples of its step.
    finish_time, finish_probability
        Law of the end of the last consultation, of booked patients and walk-ins: P(end <= time),
        (points,) each. If nobody is seen any more the end is now; an interruption is no
        consultation.
    expected_finish
        Expected end of the last consultation.
    overtime_probability
        P(end > session length).
    expected_overtime
        Expected time by which the last consultation ends after the session.
    """

    now: float
    session_length: float
    rank: Tensor
    appointment_time: Tensor
    expected_start: Tensor
    start_low: Tensor
    start_high: Tensor
    finish_time: Tensor
    finish_probability: Tensor
    expected_finish: float
    overtime_probability: float
    expected_overtime: float

    def finish_quantile(self, probability: float) -> float:
        """Return the first point of the law by which the day has ended with this probability."""
        reached = (self.finish_probability >= probability).nonzero()
        return float(self.finish_time[reached[0, 0] if len(reached) else -1])

    def to_frame(self) -> "pd.DataFrame":
        """Return a row per remaining patient, numbered from 1 in the order of booking."""
        import pandas as pd

        columns = {
            name: getattr(self, name).cpu().numpy()
            for name in ("appointment_time", "expected_start", "start_low", "start_high")
        }
        patients = pd.Index(self.rank.cpu().numpy() + 1, name="patient")
        return pd.DataFrame(columns, index=patients)
