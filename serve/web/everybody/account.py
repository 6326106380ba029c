"""One's account: the password, all sessions, and tokens for programs."""

from uuid import UUID

from flask import Response, make_response, url_for

from serve.api.account import PasswordIn, post_password, post_sign_out_everywhere
from serve.api.call import Call
from serve.api.pages import PageIn
from serve.api.tokens import TokenIn, get_tokens, post_revoke_token, post_token
from serve.auth.policy import POLICY, reach
from serve.web.everybody.blueprint import pages
from serve.web.forms import read
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _


@shows(pages, "/account", "account.read")
def account(call: Call) -> str:
    """Show who one is, and the ways in."""
    asked = PageIn(limit=200)
    return render(
        "everybody/account.html",
        tokens=get_tokens(call.to("token.read"), asked)["items"],
        scopes=[one for one in POLICY if reach(call.actor, one) is not None],
    )


@does(pages, "/account/password", "account.change", form=account, writes=False)
def post_new_password(call: Call) -> Done:
    """Change the password."""
    post_password(call, read(PasswordIn))
    return Done(url_for(".account"), _("Your password is changed, and all other sessions ended."))


@does(pages, "/account/sign-out-everywhere", "account.change", form=account, writes=False)
def post_end_sessions(call: Call) -> Done:
    """End all sessions of one's own."""
    post_sign_out_everywhere(call)
    return Done(url_for(".sign_in"), _("You are signed out everywhere."))


@does(pages, "/account/tokens", "token.change", form=account)
def post_new_token(call: Call) -> Response:
    """Make a token, and show its text this once."""
    made = post_token(call, read(TokenIn, lists=("scopes",)))
    return make_response(render("everybody/token.html", token=made))


@does(pages, "/account/tokens/<uuid:token_id>/revoke", "token.change", form=account)
def post_end_token(call: Call, token_id: UUID) -> Done:
    """End a token at once."""
    ended = post_revoke_token(call, token_id)
    return Done(url_for(".account"), _("The token %(name)s is ended.") % {"name": ended.name})
