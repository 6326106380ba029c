"""What a strategy finds beside its schedule: a frontier, or the bound of a program."""

from typing import TYPE_CHECKING, Any, Protocol

from objective.pages.figure import Figure

if TYPE_CHECKING:
    from opt.result import Result


class Finding(Protocol):
    """Something to tell with a result."""

    @property
    def name(self) -> str:
        """Its key in result.json, and the name of its table's file."""

    @property
    def sentence(self) -> str:
        """What it says, for people."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Return columns and rows; no columns for no table."""

    def figures(self, result: "Result") -> list[Figure]:
        """Return how the report shows it."""
