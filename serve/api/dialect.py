"""How a group of endpoints speaks: media types, headers, and what an answer tells of itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Dialect:
    """How the endpoints of one API speak.

    Attributes
    ----------
    media
        Media type of answers and bodies.
    errors
        Media type of refusals, and the name of their schema in the description.
    keyed
        Whether what makes something new must carry an ``Idempotency-Key``.
    version
        Form of an ETag, as a regular expression.
    refuses
        Statuses that these endpoints may answer beside those of all.
    etag
        Returns the ETag of an answer; empty for none.
    about
        Returns which patient and which provider an answer is about.
    """

    media: str
    errors: tuple[str, str]
    keyed: bool
    version: str
    refuses: Sequence[int]
    etag: Callable[[Answer], str]
    about: Callable[[Answer], tuple[UUID | None, UUID | None]]


def _etag(answer: Answer) -> str:
    version = answer.get("version")
    return f'"{version}"' if isinstance(version, int) else ""


def _about(answer: Answer) -> tuple[UUID | None, UUID | None]:
    patient, provider = answer.get("patient_id"), answer.get("provider_id")
    return (
        UUID(patient) if isinstance(patient, str) else None,
        UUID(provider) if isinstance(provider, str) else None,
    )


#: The service's own.
PLAIN = Dialect(
    media="application/json",
    errors=("application/problem+json", "Problem"),
    keyed=True,
    version='^"[0-9]{1,9}"$',
    refuses=(),
    etag=_etag,
    about=_about,
)
