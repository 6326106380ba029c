"""What the commands have in common: errors in one line, and times of day."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from objective import InvalidInput
from objective.errors import whole_number

#: What comes with an extra of the package, by its name in Hydra's configuration.
EXTRAS = {
    "hydra/launcher/joblib": "joblib",
    "hydra/launcher/ray": "ray",
    "hydra/sweeper/optuna": "optuna",
}
#: Exit statuses.
WRONG_INPUT, INTERRUPTED = 2, 130


@contextmanager
def plain_errors() -> Iterator[None]:
    """End the process with a status, and one line on what was wrong instead of a traceback."""
    # The full error is raised here instead of printed by Hydra, so that it can be put plainly.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    # A clinic's computations are nobody else's business: Ray reports its use unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (HydraException, OmegaConfBaseException, OSError, ValueError) as error:
        # InvalidInput is a ValueError, and so is what Hydra raises for a group without a choice.
        print(f"error: {plain_message(error)}", file=sys.stderr)
        sys.exit(WRONG_INPUT)


def start_of_day(text: Any) -> int:
    """Return a time like 09:00 as minutes after midnight."""
    allowed = "a time in quotes from '00:00' to '23:59'"
    hours, _, minutes = str(text).partition(":")
    if not (hours.isdigit() and minutes.isdigit()):
        raise InvalidInput("start", text, allowed)
    hour = whole_number("start", int(hours), 0, 23)
    return 60 * hour + whole_number("start", int(minutes), 0, 59)


def plain_message(error: Exception) -> str:
    """Return an error's message; for an unknown key, with the keys there are."""
    cause = error.__cause__
    message = str(error).strip()
    for name, extra in EXTRAS.items():
        if f"Could not find '{name}'" in message:
            return f"{name} is not installed: pip install 'bailey[{extra}]'"
    parent = getattr(cause, "parent_node", None)
    if isinstance(parent, DictConfig) and "not in struct" in str(cause):
        choices = ", ".join(map(str, parent.keys()))
        first = message.splitlines()[0]
        return f"{first}\nKey '{getattr(cause, 'key', '')}' is unknown; there are: {choices}"
    if isinstance(error, OSError) and error.filename:
        return f"cannot use {error.filename}: {error.strerror}"
    return message
