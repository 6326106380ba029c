"""Users and what each may do: added, invited, changed, and shut out."""

from typing import Any
from uuid import UUID

from flask import Response, make_response, request, url_for

from serve.api.call import Call
from serve.api.pages import PageIn
from serve.api.users import (
    UserChange,
    UserIn,
    get_user,
    get_users,
    patch_user,
    post_user,
    post_user_invitation,
)
from serve.models.people import ROLES
from serve.web.administrator.blueprint import pages
from serve.web.forms import model_of, read
from serve.web.names import everything, providers_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _, marked

ROLE_WORDS = {
    "patient": marked("patient or carer"),
    "provider": marked("provider"),
    "front_desk": marked("front desk"),
    "administrator": marked("administrator"),
    "analyst": marked("analyst"),
}
assert set(ROLE_WORDS) == set(ROLES)


def _choices(call: Call) -> dict[str, Any]:
    return {"roles": ROLE_WORDS, "providers": providers_of(call)}


@shows(pages, "/users", "user.read")
def users(call: Call) -> str:
    """List the users."""
    found = everything(get_users, call, PageIn())
    return render("administrator/users.html", users=found, **_choices(call))


@does(pages, "/users", "user.change", form=users)
def add_user(call: Call) -> Response:
    """Add a user, and show the invitation to a first password."""
    made = post_user(call, read(UserIn, lists=("roles",)))
    call.session.flush()
    return _invited(call, made["id"])


@shows(pages, "/users/<uuid:user_id>", "user.read")
def user(call: Call, user_id: UUID) -> str:
    """Show a user."""
    return render("administrator/user.html", user=get_user(call, user_id), **_choices(call))


@does(pages, "/users/<uuid:user_id>", "user.change", form=user)
def change_user(call: Call, user_id: UUID) -> Done:
    """Change what a user is called and may do."""
    form = request.form
    given: dict[str, Any] = {
        "name": form.get("name", ""),
        "roles": form.getlist("roles"),
        "active": "active" in form,
        "provider_id": form.get("provider_id") or None,
    }
    made = patch_user(call, user_id, model_of(UserChange, given))
    return Done(url_for(".users"), _("%(name)s is changed.") % {"name": made["name"]})


@does(pages, "/users/<uuid:user_id>/invite", "user.change", form=user)
def invite(call: Call, user_id: UUID) -> Response:
    """Show a link with which a user sets a password."""
    return _invited(call, user_id)


def _invited(call: Call, user_id: UUID) -> Response:
    version, call.if_match = call.if_match, None
    invitation = post_user_invitation(call, user_id)
    call.if_match = version
    link = url_for("everybody.invitation", invitation=invitation["text"], _external=True)
    told = get_user(call.to("user.read"), user_id)
    return make_response(
        render("administrator/invited.html", user=told, link=link, until=invitation["expires_at"])
    )
