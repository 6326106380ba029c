"""Who may sign in: users, their roles, and invitations to set a password."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import current_app
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import Email, Identifier, Name, Sent, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.auth.invitation import invite
from serve.auth.users import keep_an_administrator, set_active, set_roles
from serve.database import lock
from serve.errors import Conflict
from serve.models import Patient, Provider, User

users = APIBlueprint("users", __name__, url_prefix="/api/v1")

Role = Literal["patient", "provider", "front_desk", "administrator", "analyst"]
Roles = Annotated[list[Role], Field(min_length=1, max_length=5)]


class UserIn(Sent):
    """A user; ``provider_id`` and ``patient_id`` say which provider and patient it is."""

    email: Email
    name: Name
    roles: Roles
    provider_id: Identifier | None = None
    patient_id: Identifier | None = None


class UserChange(Sent):
    """What of a user may be changed."""

    name: Name = ""
    roles: Roles = Field(default_factory=list)
    active: bool = True
    provider_id: Identifier | None = None
    patient_id: Identifier | None = None


class UserOut(Told):
    """A user."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    active: bool
    provider_id: UUID | None
    patient_id: UUID | None
    has_password: bool
    locked_until: datetime | None
    version: int


class UsersOut(PageOut):
    """A page of users."""

    items: list[UserOut]


@route(users, "GET", "/users", "user.read", "List the users", query=PageIn, gives=UsersOut)
def get_users(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of users."""
    query = select(User).where(User.practice_id == call.practice_id)
    found = page(call.session, query, (User.email, User.id), asked)
    return {"items": [_told(call, one) for one in found["items"]], "next": found["next"]}


@route(users, "GET", "/users/<uuid:user_id>", "user.read", "Tell of a user", gives=UserOut)
def get_user(call: Call, user_id: UUID) -> dict[str, Any]:
    """Return a user."""
    return _told(call, call.find(User, user_id))


@route(
    users, "POST", "/users", "user.change", "Add a user",
    takes=UserIn, gives=UserOut, status=201,
)  # fmt: skip
def post_user(call: Call, given: UserIn) -> dict[str, Any]:
    """Add a user, who signs in after an invitation, or with the practice's provider."""
    made = User(practice_id=call.practice_id, email=given.email, name=given.name)
    set_roles(made, given.roles)
    call.session.add(made)
    call.session.flush()
    _link(call, made, given)
    call.note("user", made.id, details={"roles": sorted(set(given.roles))})
    return _told(call, made)


@route(
    users, "PATCH", "/users/<uuid:user_id>", "user.change", "Change a user",
    takes=UserChange, gives=UserOut,
)  # fmt: skip
def patch_user(call: Call, user_id: UUID, given: UserChange) -> dict[str, Any]:
    """Change a user's name, roles, provider or patient, or whether it may sign in."""
    found = call.find_to_change(User, user_id)
    sent = given.model_fields_set
    before = {"roles": sorted(role.role for role in found.roles), "active": found.active}
    if "name" in sent:
        found.name = given.name
    if "roles" in sent:
        set_roles(found, given.roles)
    if "active" in sent:
        set_active(found, given.active)
    _link(call, found, given)
    if sent & {"roles", "active"}:
        keep_an_administrator(call.session, found)
    after = {"roles": sorted(role.role for role in found.roles), "active": found.active}
    call.note("user", found.id, details={"before": before, "after": after})
    return _told(call, found)


class InvitationOut(Told):
    """An invitation; its text is told this once, and is kept nowhere."""

    told_once = frozenset({"text"})
    text: str | None
    expires_at: datetime


@route(
    users, "POST", "/users/<uuid:user_id>/invitation", "user.change",
    "Invite a user to set a password", gives=InvitationOut, status=201,
)  # fmt: skip
def post_user_invitation(call: Call, user_id: UUID) -> dict[str, Any]:
    """Make the text by which a user sets a first password, or one instead of a forgotten one."""
    found = call.find_to_change(User, user_id)
    if not found.active:
        raise Conflict("The user may not sign in.", "inactive")
    text, until = invite(found, current_app.config["SECRET_KEY"], call.now)
    call.note("user", found.id, details={"what": "invite"})
    return {"text": text, "expires_at": until}


def _link(call: Call, user: User, given: UserIn | UserChange) -> None:
    """Say which provider and which patient a user is, as far as that is sent."""
    if "provider_id" in given.model_fields_set:
        if given.provider_id is not None:
            call.find(Provider, given.provider_id, "provider.read")
        user.provider_id = given.provider_id
    if "patient_id" not in given.model_fields_set:
        return
    before = call.session.scalar(
        select(Patient).where(Patient.user_id == user.id).with_for_update()
    )
    if before is not None and before.id != given.patient_id:
        before.user_id = None
        call.saw(before)
        call.session.flush()
    if given.patient_id is not None:
        patient = call.find(Patient, given.patient_id, "patient.read")
        lock(call.session, Patient, patient.id)
        if patient.erased_at is not None:
            raise InvalidInput("patient_id", "a patient", "a patient who is not erased")
        if patient.user_id not in (None, user.id):
            raise Conflict("Another user is this patient.", "not_unique")
        patient.user_id = user.id
    flag_modified(user, "name")


def _told(call: Call, user: User) -> dict[str, Any]:
    call.session.flush()
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "roles": sorted(role.role for role in user.roles),
        "active": user.active,
        "provider_id": user.provider_id,
        "patient_id": call.session.scalar(select(Patient.id).where(Patient.user_id == user.id)),
        "has_password": user.password_hash is not None,
        "locked_until": user.locked_until,
        "version": user.version,
    }
