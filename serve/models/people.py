"""Patients, those who care for them, and everybody who signs in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from serve.models.base import Base, Identified, Versioned, one_of

#: What a user may be; a user may be several. A carer is a patient's user by `Carer`.
ROLES = ("patient", "provider", "front_desk", "administrator", "analyst")


class User(Versioned, Base):
    """Somebody who signs in.

    Attributes
    ----------
    email
        In lower case; no two users have the same.
    password_hash
        Argon2; None for somebody who signs in elsewhere.
    provider_id
        The provider that a user with that role is.
    failed_sign_ins, locked_until
        Wrong passwords since the last right one, and until when none is taken.
    sign_in_epoch
        Raised to end every session of the user.
    """

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email"),)

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None] = mapped_column(String(500), default=None)
    provider_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("provider.id"), unique=True, default=None
    )
    active: Mapped[bool] = mapped_column(default=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(default=None)
    sign_in_epoch: Mapped[int] = mapped_column(default=0)

    roles: Mapped[list["UserRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class UserRole(Base):
    """A role of a user."""

    __tablename__ = "user_role"
    __table_args__ = (one_of("role", ROLES),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class ExternalIdentity(Identified, Base):
    """What an OpenID Connect provider calls a user."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))


class ApiToken(Identified, Base):
    """A token by which a program acts for a user, within its scopes, until it is revoked."""

    __tablename__ = "api_token"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str]
    scopes: Mapped[list[Any]]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class Patient(Versioned, Base):
    """A patient, with no more than what booking needs.

    Attributes
    ----------
    user_id
        Who signs in as the patient; None for nobody.
    area, attributes
        Where the patient lives, and what else a forecast may use: plain names and numbers.
    erased_at
        When name, contact and identifiers were erased; what remains is counted only.
    """

    __tablename__ = "patient"

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), unique=True, default=None)
    name: Mapped[str]
    born_on: Mapped[date | None] = mapped_column(default=None)
    email: Mapped[str] = mapped_column(String(320), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(20), default="en")
    area: Mapped[str] = mapped_column(default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    erased_at: Mapped[datetime | None] = mapped_column(default=None)

    identifiers: Mapped[list["PatientIdentifier"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )


class PatientIdentifier(Identified, Base):
    """What another system calls a patient."""

    __tablename__ = "patient_identifier"
    __table_args__ = (UniqueConstraint("practice_id", "system", "value"),)

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    system: Mapped[str]
    value: Mapped[str]


class Carer(Base):
    """A user who books for a patient."""

    __tablename__ = "carer"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    __table_args__ = (Index("ix_carer_patient_id", "patient_id"),)


class Preference(Versioned, Base):
    """What a patient prefers when seats are searched, and how to be told of changes.

    Attributes
    ----------
    providers, weekdays, times
        Identifiers of providers, days like ``monday``, and pairs of times of day.
    notices
        What to send by which channel, and how often; empty for the practice's usual.
    """

    __tablename__ = "preference"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), unique=True)
    providers: Mapped[list[Any]] = mapped_column(default=list)
    weekdays: Mapped[list[Any]] = mapped_column(default=list)
    times: Mapped[list[Any]] = mapped_column(default=list)
    notices: Mapped[dict[str, Any]] = mapped_column(default=dict)
