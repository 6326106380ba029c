"""References: from one resource to another, and what somebody else calls one."""

import re
from typing import Any
from uuid import UUID

from flask import request

from serve.fhir.dialect import BASE

UUIDS = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: Two identifiers without dashes: of a seat, and of the patient who may take it.
PROPOSAL = re.compile(r"([0-9a-f]{32})([0-9a-f]{32})?")


def base_url() -> str:
    """Return the address of this server, as whoever asks wrote it."""
    return request.url_root.rstrip("/") + BASE


def url_of(kind: str, identifier: object) -> str:
    """Return the address of a resource."""
    return f"{base_url()}/{kind}/{identifier}"


def reference(kind: str, identifier: object, display: str = "") -> dict[str, Any]:
    """Return a reference to a resource here."""
    told = {"reference": f"{kind}/{identifier}"}
    return told | {"display": display} if display else told


def split(text: str, kind: str = "") -> tuple[str, str]:
    """Return kind and identifier that a reference names; both empty if it names nothing here.

    Parameters
    ----------
    kind
        What an identifier alone is of.
    """
    absolute = f"{base_url()}/"
    relative = text[len(absolute) :] if text.startswith(absolute) else text
    if "/" not in relative:
        return kind, relative
    name, _, identifier = relative.partition("/")
    identifier = identifier.partition("/_history/")[0]
    if not name.isalpha() or "/" in identifier:
        return "", ""
    return name, identifier


def id_in(text: str, kind: str) -> UUID | None:
    """Return the identifier of a row that a reference names; None if it is none of that kind."""
    name, identifier = split(text, kind)
    return UUID(identifier) if name == kind and UUIDS.fullmatch(identifier) else None


def proposal_id(seat_id: UUID, patient_id: UUID | None) -> str:
    """Return what a proposed appointment is called, of which no row is kept."""
    return seat_id.hex + (patient_id.hex if patient_id is not None else "")


def proposal_in(identifier: str) -> tuple[UUID, UUID | None] | None:
    """Return seat and patient of a proposed appointment; None if it is called otherwise."""
    found = PROPOSAL.fullmatch(identifier)
    if found is None:
        return None
    return UUID(found[1]), UUID(found[2]) if found[2] else None
