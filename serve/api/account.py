"""Signing in and out, by password or an OpenID Connect provider, and who one is."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, current_app, redirect, url_for
from sqlalchemy.orm import Session

from serve.api.call import Call
from serve.api.fields import Email, Secret, Sent, Text, Told
from serve.api.route import route
from serve.auth.actor import Actor, actor_of
from serve.auth.invitation import accept
from serve.auth.openid import UNKNOWN, claims_from_provider, to_provider, user_with
from serve.auth.policy import POLICY, Reach, reach
from serve.auth.session import begin, csrf_token, end
from serve.auth.sign_in import change_password, sign_in
from serve.auth.trail import write_down
from serve.clock import now, waking_hours
from serve.database import lock, reading, transaction
from serve.errors import SignInNeeded
from serve.models import User

account = APIBlueprint("account", __name__, url_prefix="/api/v1/account")


class SignInIn(Sent):
    """Who signs in."""

    email: Email
    password: Secret


class AccountOut(Told):
    """Who is signed in, and what that allows.

    ``permissions`` has each action that is allowed, with how far it reaches: to what is one's
    ``own`` or to all of the ``practice``. ``csrf_token`` is null without a session.
    """

    id: UUID
    practice_id: UUID
    email: str
    name: str
    roles: list[str]
    provider_id: UUID | None
    patient_ids: list[UUID]
    permissions: dict[str, Reach]
    csrf_token: str | None


@account.post("/sign-in")
@account.input(SignInIn, arg_name="given")
@account.output(AccountOut)
@account.doc(
    summary="Sign in with a password", tags=["account"], responses={401: "Not the right ones"}
)
def post_sign_in(given: SignInIn) -> dict[str, Any]:
    """Begin a session; the answer sets its cookie."""
    user = sign_in(given.email, given.password, now())
    begin(user, waking_hours())
    with reading() as session:
        return _told(user, actor_of(session, user, "session"))


@route(
    account, "GET", "", "account.read", "Tell who is signed in, and what that allows",
    gives=AccountOut,
)  # fmt: skip
def get_account(call: Call) -> dict[str, Any]:
    """Return the user who asks."""
    return _told(_user(call), call.actor)


@route(
    account, "POST", "/sign-out", "account.read", "Sign out in this browser",
    effect="computes", status=204,
)  # fmt: skip
def post_sign_out(call: Call) -> None:
    """End the session; a token stays good."""
    call.note("user", call.actor.user_id, details={"what": "sign out"})
    end()


# The next two write in transactions of their own, which end before the answer is made: they need
# no key to be sent again, and of a password no trace may be left in a record of the request.
@route(
    account, "POST", "/sign-out-everywhere", "account.change", "End every session of one's own",
    effect="computes", status=204,
)  # fmt: skip
def post_sign_out_everywhere(call: Call) -> None:
    """End all sessions of whoever asks, also this one."""
    user_id = _user(call).id

    def work(session: Session) -> None:
        user = lock(session, User, user_id)
        if user is not None:
            user.sign_in_epoch += 1
            write_down(session, "account.sign_out_everywhere", user, call.actor.by)

    transaction(work)
    end()


class PasswordIn(Sent):
    """Another password."""

    old: Secret
    new: Secret


@route(
    account, "POST", "/password", "account.change", "Change one's password",
    takes=PasswordIn, gives=AccountOut, effect="computes",
)  # fmt: skip
def post_password(call: Call, given: PasswordIn) -> dict[str, Any]:
    """Change the password, end all sessions, and begin this one anew."""
    user = change_password(_user(call).id, given.old, given.new, call.now)
    if call.actor.by == "session":
        begin(user, waking_hours())
    return _told(user, call.actor)


class InvitationIn(Sent):
    """The text of an invitation, and the password to sign in with from now on."""

    invitation: Text
    password: Secret


@account.post("/invitation")
@account.input(InvitationIn, arg_name="given")
@account.output({}, status_code=204)
@account.doc(
    summary="Set a password with an invitation", tags=["account"], responses={401: "Not valid"}
)
def post_invitation(given: InvitationIn) -> tuple[str, int]:
    """Set the password of whom an administrator invited; an invitation works once."""
    accept(given.invitation, given.password, current_app.config["SECRET_KEY"], now())
    return "", 204


@account.get("/openid")
@account.output({}, status_code=302)
@account.doc(summary="Sign in with the practice's provider", tags=["account"], responses=[503])
def get_openid() -> Response:
    """Send the browser to the OpenID Connect provider of the settings."""
    return to_provider(url_for("account.get_openid_callback", _external=True))


@account.get("/openid/callback")
@account.output({}, status_code=302)
@account.doc(summary="Come back from the provider", tags=["account"], responses=[401, 503])
def get_openid_callback() -> Any:
    """Begin a session of the user that the provider names."""
    claims = claims_from_provider()
    issuer = current_app.config["SETTINGS"].oidc_issuer
    user = transaction(lambda session: user_with(session, issuer, claims))
    if user is None:
        raise SignInNeeded(UNKNOWN)
    begin(user, waking_hours())
    return redirect(url_for("everybody.home"))


def _user(call: Call) -> User:
    user = None if call.actor.user_id is None else call.session.get(User, call.actor.user_id)
    if user is None:
        raise SignInNeeded
    return user


def _told(user: User, actor: Actor) -> dict[str, Any]:
    reaches = {action: reach(actor, action) for action in POLICY}
    return {
        "id": user.id,
        "practice_id": user.practice_id,
        "email": user.email,
        "name": user.name,
        "roles": sorted(actor.roles),
        "provider_id": user.provider_id,
        "patient_ids": sorted(actor.patient_ids),
        "permissions": {action: far for action, far in reaches.items() if far is not None},
        "csrf_token": csrf_token(),
    }
