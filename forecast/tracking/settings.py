"""Where trainings are tracked: what the group ``tracking`` describes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from objective import InvalidInput
from objective.errors import known_keys, whole_number

#: A database in a file, whose path follows.
SQLITE = "sqlite:///"
SCHEMES = (SQLITE, "http://", "https://")
#: What the version of a model that is in use is called.
CHAMPION = "champion"
#: Which models of a training become versions in the registry.
REGISTERED = ("champion", "all", "none")


@dataclass(frozen=True)
class Tracking:
    """Where trainings are tracked, and which of their models are registered.

    Attributes
    ----------
    uri
        A file of SQLite, or the address of a server of MLflow; None for nowhere.
    experiment
        Under what name the runs stand together.
    practice
        Whose models these are, where several practices share a registry; None for one's own.
    register
        One of `REGISTERED`.
    timeout
        How long a server may take to answer, seconds.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    uri: str | None
    experiment: str = "bailey"
    practice: str | None = None
    register: str = "champion"
    timeout: int = 10

    def __post_init__(self) -> None:
        if self.uri is not None and not str(self.uri).startswith(SCHEMES):
            raise InvalidInput(
                "tracking.uri", self.uri, "null, or begin with " + " or ".join(SCHEMES)
            )
        for name in ("experiment", "practice"):
            given = getattr(self, name)
            if (name, given) == ("practice", None):
                continue
            if not isinstance(given, str) or not re.fullmatch(r"[\w -]{1,100}", given):
                allowed = "letters, digits, spaces, _ and -"
                raise InvalidInput(f"tracking.{name}", given, allowed)
        if self.register not in REGISTERED:
            raise InvalidInput(
                "tracking.register", self.register, "one of " + ", ".join(REGISTERED)
            )
        whole_number("tracking.timeout", self.timeout, 1, 3_600)

    def registered_name(self, quantity: str) -> str:
        """Return what the registry calls the models of a quantity."""
        return quantity if self.practice is None else f"{self.practice}.{quantity}"


def tracking_from(settings: Mapping[str, Any]) -> Tracking:
    """Return where trainings are tracked.

    Raises
    ------
    InvalidInput
        For an unknown key, or a value that is outside its range.
    """
    known = [field.name for field in fields(Tracking)]
    return Tracking(**known_keys("tracking", settings["tracking"], known, required=["uri"]))
