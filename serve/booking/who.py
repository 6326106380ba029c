"""For whom a rule is followed: staff are not bound by everything that binds patients."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Who:
    """Somebody who books, changes or records.

    Attributes
    ----------
    user_id
        The user; None for the service itself.
    staff
        Whether it is staff, whom the limits of notice do not bind.
    """

    user_id: UUID | None = None
    staff: bool = True


THE_SERVICE = Who()
