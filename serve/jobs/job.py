"""What a kind of run gets, and what its module must offer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from serve.jobs.control import Control
from serve.settings import Settings


@dataclass(frozen=True)
class Job:
    """A run as its work sees it.

    Attributes
    ----------
    run_id, practice_id
        Which run, and whose.
    request
        What was asked for: names and numbers, checked when it was submitted.
    settings
        Of the service.
    now
        The moment at which this attempt began, by the application's clock.
    """

    run_id: UUID
    practice_id: UUID
    request: dict[str, Any]
    settings: Settings
    now: datetime


#: The work of a kind: returns the result, plain names and numbers. The same request comes to the
#: same result, also where it is gone on with from a checkpoint.
Work = Callable[[Job, Control], dict[str, Any]]
