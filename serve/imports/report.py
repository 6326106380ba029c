"""What came of an import: how many rows did what, and what is wrong with the others."""

from dataclasses import dataclass, field
from uuid import UUID

#: Problems that are told; the others are counted.
SHOWN = 200


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with a row; never what was in it.

    Attributes
    ----------
    line
        Line of the file on which the row begins, the header's being 1.
    column
        What the column is called here; empty for the row as a whole.
    message
        What would be right, as ``must be ...``.
    """

    line: int
    column: str
    message: str

    @property
    def place(self) -> str:
        """Line and column in words."""
        return f"line {self.line}, {self.column}" if self.column else f"line {self.line}"


@dataclass(frozen=True)
class Report:
    """What came of an import.

    Attributes
    ----------
    id, version, state
        Those of the `serve.models.Import`; without identifier and ``dry_run`` if nothing was
        written.
    counts
        ``rows`` of the file, and how many of them were ``added``, ``changed``, ``unchanged`` and
        ``skipped``.
    problems
        Those of the first rows that cannot be used.
    problem_count
        How many problems there are.
    """

    id: UUID | None
    version: int | None
    table: str
    state: str
    counts: dict[str, int]
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)
