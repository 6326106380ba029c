"""Signing in with a password or the practice's provider, by an invitation, and out again."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import (
    Response,
    current_app,
    g,
    make_response,
    redirect,
    request,
    url_for,
)

from objective import InvalidInput
from serve.api.account import InvitationIn, SignInIn
from serve.api.call import Call
from serve.auth.actor import Actor
from serve.auth.invitation import accept
from serve.auth.session import begin, end
from serve.auth.sign_in import sign_in as prove
from serve.clock import now, waking_hours
from serve.errors import Forbidden, SignInNeeded
from serve.web.areas import AREAS
from serve.web.everybody.blueprint import pages
from serve.web.forms import WrongForm, read, refusal_of
from serve.web.page import Done, does, say, shows
from serve.web.rendering import render
from serve.web.texts import _


@shows(pages, "/", "account.read")
def home(call: Call) -> Response:
    """Lead to the first page of the reader's first role."""
    return redirect(first_page(call.actor))  # type: ignore[return-value]


def first_page(actor: Actor) -> str:
    """Return the address of the page on which somebody begins."""
    menus = (area.menu_of(actor) for area in AREAS)
    first = next((menu[0].endpoint for menu in menus if menu), "everybody.account")
    return url_for(first)


@pages.get("/sign-in")
def sign_in() -> Response:
    """Show the form to sign in."""
    offered = bool(current_app.config["SETTINGS"].oidc_issuer)
    page = render("everybody/sign_in.html", next=local(request.values.get("next")),
                           openid=offered)  # fmt: skip
    return make_response(page)


@pages.post("/sign-in")
def post_sign_in() -> Response:
    """Begin a session."""
    of_this_site()
    try:
        given = read(SignInIn, beside=("next",))
        user = prove(given.email, given.password, now())
    except (WrongForm, SignInNeeded) as error:
        return _again(sign_in, error)
    begin(user, waking_hours())
    return redirect(local(request.form.get("next")), 303)  # type: ignore[return-value]


@pages.get("/invitation")
def invitation() -> Response:
    """Show the form with which somebody who is invited chooses a password."""
    return make_response(
        render("everybody/invitation.html", invitation=request.values.get("invitation", ""))
    )


@pages.post("/invitation")
def post_invitation() -> Response:
    """Set the password of whom an administrator invited."""
    of_this_site()
    try:
        given = read(InvitationIn)
        accept(given.invitation, given.password, current_app.config["SECRET_KEY"], now())
    except (WrongForm, SignInNeeded, InvalidInput) as error:
        return _again(invitation, error)
    say(_("Your password is set. Sign in with it."))
    return redirect("/sign-in", 303)  # type: ignore[return-value]


@does(pages, "/sign-out", "account.read", form=home)
def post_sign_out(call: Call) -> Done:
    """End the session in this browser."""
    call.note("user", call.actor.user_id, details={"what": "sign out"})
    end()
    return Done("/sign-in", _("You are signed out."))


def _again(page: Callable[[], Response], error: Exception) -> Response:
    g.refusal = refusal_of(error)
    response = page()
    response.status_code = g.refusal.status
    return response


def local(address: str | None) -> str:
    """Return an address of this service, or that of the first page for any other."""
    parts = urlsplit(address or "/")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    if not inside or (address or "/").startswith(("//", "/\\", "/sign-in")):
        return "/"
    return address or "/"


def of_this_site() -> None:
    """Raise `Forbidden` for a form that another site sends, as browsers say of themselves."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Forbidden(_("The form came from another site."))
