"""Where and when an import takes place."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from serve.clock import wall_clock


@dataclass(frozen=True)
class Place:
    """The practice of an import, its zone, the moment and who imports (None for the service)."""

    practice_id: UUID
    zone: str
    now: datetime
    user_id: UUID | None = None

    @property
    def today(self) -> date:
        """The date on the practice's wall clock."""
        return wall_clock(self.now, self.zone).date()
