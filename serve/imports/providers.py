"""Providers from a file, known by what another system calls them, else by their name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from serve.imports.fields import Field, flag, short_text
from serve.imports.outcome import Outcome, differences
from serve.imports.place import Place
from serve.imports.report import Problem
from serve.imports.rows import Rows
from serve.imports.writing import Writer, locked
from serve.models import Provider


def provider_fields(place: Place) -> Mapping[str, Field]:
    """Return the columns of providers."""
    return {"name": short_text(required=True), "external_id": short_text(), "active": flag()}


def import_providers(rows: Rows, place: Place, writer: Writer) -> Outcome:
    """Add and change providers."""
    rows.once("name", {row.line: row.values["name"] for row in rows.usable})
    rows.once("external_id", {row.line: row.values.get("external_id") for row in rows.usable})
    query = select(Provider).where(Provider.practice_id == place.practice_id).order_by(Provider.id)
    there = list(writer.session.scalars(locked(query)))
    by_name = {one.name: one for one in there}
    by_external = {one.external_id: one for one in there if one.external_id}
    found: dict[int, Provider] = {}
    problems = []
    for row in rows.usable:
        name, external = row.values["name"], row.values.get("external_id")
        same_name = by_name.get(name)
        match = by_external.get(external) if external else None
        if match is None and same_name is not None:
            if external and same_name.external_id:
                message = "must be that of the provider who has this name"
                problems.append(Problem(row.line, "external_id", message))
            match = same_name
        elif match is not None and same_name not in (None, match):
            problems.append(Problem(row.line, "name", "must be no other provider's name"))
        if match is not None:
            found[row.line] = match
    rows.leave_out(problems)
    rows.once("name", {line: match.id for line, match in found.items()})
    added: list[dict[str, Any]] = []
    changed: list[tuple[Provider, dict[str, Any]]] = []
    for row in rows.usable:
        if row.line in found:
            changes = differences(found[row.line], row.values)
            if changes:
                changed.append((found[row.line], changes))
        else:
            default = {"external_id": "", "active": True}
            added.append({"practice_id": place.practice_id, **default, **row.values})
    writer.add(Provider, [{"version": 1, **one} for one in added])
    writer.change(Provider, changed)
    return Outcome(len(added), len(changed), len(rows.usable) - len(added) - len(changed))


def providers_by_name(writer: Writer, practice_id: UUID) -> dict[str, UUID]:
    """Return the providers of a practice by their names and by what other systems call them."""
    there = list(
        writer.session.scalars(select(Provider).where(Provider.practice_id == practice_id))
    )
    external = {one.external_id: one.id for one in there if one.external_id}
    return external | {one.name: one.id for one in there}
