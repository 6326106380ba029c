"""One request: its transaction, who asks, and the rules by which rows are read and changed."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from serve.auth.actor import Actor
from serve.auth.policy import Reach, may, patient_of, require
from serve.database import lock
from serve.errors import NotFound, VersionChanged
from serve.models import AuditEntry, Base

Model = TypeVar("Model", bound=Base)


@dataclass
class Call:
    """What a view gets.

    Attributes
    ----------
    session
        The transaction; a view neither commits nor rolls back.
    actor
        Who asks.
    action
        What for, as `serve.auth.policy.POLICY` calls it.
    reach
        How far the action reaches for the actor.
    now
        The moment of the request.
    if_match
        The version that the request changes; None for one that makes something new.
    audit
        What it read and changed of patients, to be written down with the answer.
    headers
        Headers that the answer gets.
    """

    session: Session
    actor: Actor
    action: str
    reach: Reach
    now: datetime
    if_match: int | None = None
    audit: list[AuditEntry] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def practice_id(self) -> UUID:
        """The practice of whoever asks."""
        if self.actor.practice_id is None:
            raise NotFound("practice")
        return self.actor.practice_id

    def to(self, action: str) -> "Call":
        """Return the same request as one for another action, if the actor may do that too.

        Raises
        ------
        Forbidden
            If the actor may not.
        """
        return replace(self, action=action, reach=require(self.actor, action))

    def opened(self, practice_id: UUID) -> None:
        """Say which practice's a link is, once the view found its secret right."""
        self.actor = replace(self.actor, practice_id=practice_id)

    def find(self, model: type[Model], identifier: UUID, action: str | None = None) -> Model:
        """Return a row that the actor may see, and note that it was seen.

        Raises
        ------
        NotFound
            If there is none, or the actor may not do the action to it: both look alike.
        """
        return self._allowed(self.session.get(model, identifier), model, action)

    def find_to_change(self, model: type[Model], identifier: UUID) -> Model:
        """Return a row that nobody else changes meanwhile, of the version that was asked for.

        Raises
        ------
        NotFound, VersionChanged
            If it is not there for the actor, or was changed since the actor read it.
        """
        thing = self._allowed(lock(self.session, model, identifier), model, None)
        if self.if_match is not None and getattr(thing, "version", None) != self.if_match:
            raise VersionChanged
        return thing

    def _allowed(self, thing: Model | None, model: type[Model], action: str | None) -> Model:
        if thing is None or not may(self.actor, action or self.action, thing):
            raise NotFound(model.__tablename__.replace("_", " "))
        if patient_of(thing) is not None:
            self.saw(thing)
        return thing

    def saw(self, *things: Base) -> None:
        """Note that data of patients were read or changed."""
        for thing in things:
            self.note(
                thing.__tablename__,
                getattr(thing, "id", None),
                patient_of(thing),
            )

    def note(
        self,
        subject: str,
        subject_id: UUID | None,
        patient_id: UUID | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Note something for the audit, beside what `find` notes."""
        self.audit.append(
            AuditEntry(
                practice_id=self.actor.practice_id,
                user_id=self.actor.user_id,
                by=self.actor.by,
                action=self.action,
                subject=subject,
                subject_id=subject_id,
                patient_id=patient_id,
                details=details or {},
            )
        )
