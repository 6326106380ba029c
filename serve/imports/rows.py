"""The rows of a file as values, each with what is wrong with it."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from serve.imports.fields import Field
from serve.imports.report import Problem
from serve.imports.sheet import Sheet


@dataclass(frozen=True)
class Row:
    """A row that can be used: the line on which it begins, and the values that it has."""

    line: int
    values: dict[str, Any]


class Rows:
    """Rows of a file, fewer as problems are found.

    Attributes
    ----------
    usable
        Rows without a problem, in their order.
    problems
        Everything that is wrong with the others.
    """

    def __init__(self, usable: list[Row], problems: list[Problem]) -> None:
        self.usable = usable
        self.problems = problems

    def leave_out(self, problems: Iterable[Problem]) -> None:
        """Leave out the rows that have a problem."""
        found = list(problems)
        lines = {one.line for one in found}
        self.problems += found
        if lines:
            self.usable = [row for row in self.usable if row.line not in lines]

    def once(self, column: str, keys: Mapping[int, Hashable]) -> None:
        """Leave out rows whose key, by their line, an earlier row has; None is no key."""
        first: dict[Hashable, int] = {}
        found = []
        for row in self.usable:
            key = keys.get(row.line)
            if key is None:
                continue
            if first.setdefault(key, row.line) != row.line:
                message = f"must be no other row's {column}: line {first[key]} has it"
                found.append(Problem(row.line, column, message))
        self.leave_out(found)


def read_rows(sheet: Sheet, fields: Mapping[str, Field]) -> Rows:
    """Return the rows of a sheet whose columns are all fields; an empty cell has no value."""
    usable, problems = [], list(sheet.problems)
    columns = [(name, fields[name]) for name in sheet.columns]
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        values, wrong = {}, False
        for (name, field), cell in zip(columns, cells, strict=True):
            if not cell:
                if field.required:
                    problems.append(Problem(line, name, "must be given"))
                    wrong = True
                continue
            try:
                values[name] = field.read(cell)
            except ValueError:
                problems.append(Problem(line, name, f"must be {field.allowed}"))
                wrong = True
        if not wrong:
            usable.append(Row(line, values))
    return Rows(usable, problems)
