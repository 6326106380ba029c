"""Writing many rows at once, with what is needed to undo it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Select, bindparam, insert, update
from sqlalchemy.orm import Session

from serve.models import Base, ImportedRow

#: Rows that one statement names.
TOGETHER = 1_000

Item = TypeVar("Item")


class Writer:
    """Writes the rows of one import.

    Attributes
    ----------
    session, import_id, now
        The transaction, which import it is and when.
    """

    def __init__(self, session: Session, import_id: UUID, now: datetime) -> None:
        self.session, self.import_id, self.now = session, import_id, now
        self._imported: list[dict[str, Any]] = []

    def add(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        """Add rows of a table; return their identifiers."""
        made: list[dict[str, Any]] = [
            {"id": uuid4(), "created_at": self.now, **one} for one in rows
        ]
        if made:
            self.session.execute(insert(model.__table__), made)  # type: ignore[arg-type]
        self._imported += [self._record(model, one["id"], None, 1) for one in made]
        return [one["id"] for one in made]

    def change(self, model: type[Base], rows: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
        """Give rows that are locked, and have a version, other values of some columns."""
        by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row, values in rows:
            version = row.version + 1
            before = {name: plain(getattr(row, name)) for name in values}
            self._imported.append(self._record(model, row.id, before, version))
            given = {f"new_{name}": value for name, value in values.items()}
            given["new_version"] = version
            by_columns.setdefault(tuple(given), []).append({"identifier": row.id, **given})
        table = model.__table__
        for names, changes in by_columns.items():
            columns: dict[str, Any] = {one.removeprefix("new_"): bindparam(one) for one in names}
            statement = update(table).where(table.c.id == bindparam("identifier"))  # type: ignore[arg-type]
            self.session.execute(statement.values(**columns), changes)

    def finish(self) -> None:
        """Write down what was written; the import itself must be there."""
        self.session.flush()
        if self._imported:
            self.session.execute(insert(ImportedRow.__table__), self._imported)  # type: ignore[arg-type]
        # What the session read before is not what is there now.
        self.session.expire_all()

    def _record(
        self, model: type[Base], identifier: UUID, before: dict[str, Any] | None, version: int
    ) -> dict[str, Any]:
        return {
            "import_id": self.import_id,
            "kind": model.__tablename__,
            "row_id": identifier,
            "before": before,
            "version": version,
            "created_at": self.now,
        }


def together(items: Iterable[Item], size: int = TOGETHER) -> Iterator[list[Item]]:
    """Yield items, some at a time."""
    part: list[Item] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def locked(query: Select[Any]) -> Select[Any]:
    """Return a query whose rows nobody else changes meanwhile; rows that refer to them may come."""
    return query.with_for_update(key_share=True)


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
