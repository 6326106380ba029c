"""A clock that is put forward by whoever plays a day."""

from datetime import datetime


class SimulatedClock:
    """A clock that stands still until it is put forward; it never goes back."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        """Return its moment."""
        return self.moment

    def forward_to(self, moment: datetime) -> None:
        """Put it forward, if the moment is not past."""
        self.moment = max(self.moment, moment)
