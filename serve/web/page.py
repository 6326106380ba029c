"""How every page is made: who may see it, in one transaction, once, and what a refused form does.

`shows` makes a page that is looked at, `does` what a form is sent to. The latter answers with the
way to another page, where it is said what happened; if it is refused, the page with the form comes
again, with what was typed and why not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, g, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.api.call import Call
from serve.api.route import call_for, guarded, write_down
from serve.auth.policy import require
from serve.database import reading, transaction
from serve.errors import Forbidden, NotFound, Refused, SignInNeeded
from serve.models import IdempotencyRecord, Practice, User
from serve.web.figures import picture_if_asked
from serve.web.forms import WrongForm, once_of, refusal_of, version_of
from serve.web.texts import _

#: Gets a `Call` and what the address names, and returns a page.
Shown = Callable[..., str | Response]


@dataclass(frozen=True)
class Done:
    """What a form led to.

    Attributes
    ----------
    to
        Address of the page to see next.
    said
        What happened, in a sentence.
    undo, undo_label
        Address of a page on which it can be undone, and what the link to it says.
    """

    to: str
    said: str = ""
    undo: str = ""
    undo_label: str = ""


#: Gets a `Call` in a transaction and what the address names.
Doing = Callable[..., Done | Response]


def shows(
    blueprint: Blueprint, path: str, action: str, also: Sequence[str] = (), *, file: bool = False
) -> Callable[[Shown], Shown]:
    """Return a decorator that makes a view a page.

    Parameters
    ----------
    path
        Its address, beneath the blueprint's.
    action
        Which `serve.auth.policy.POLICY` must allow.
    also
        Further actions without which there is no such page; the view asks for them with `Call.to`.
    file
        Whether it is a file to take away.
    """

    def decorate(view: Shown) -> Shown:
        @wraps(view)
        def endpoint(**arguments: Any) -> Response:
            return _shown(view, action, arguments)

        made: Any = _made(endpoint, blueprint, action, also)
        made.file = file
        blueprint.route(path, methods=["GET"])(made)
        view.action = action  # type: ignore[attr-defined]
        view.endpoint = f"{blueprint.name}.{view.__name__}"  # type: ignore[attr-defined]
        return view

    return decorate


def does(
    blueprint: Blueprint,
    path: str,
    action: str,
    form: Shown,
    *,
    also: Sequence[str] = (),
    writes: bool = True,
) -> Callable[[Doing], Doing]:
    """Return a decorator that makes a view what a form is sent to.

    Parameters
    ----------
    path, action, also
        As for `shows`.
    form
        The view of the page with the form, made by `shows`; it is shown again if what was sent is
        refused, with those of the arguments that it takes.
    writes
        False for a view whose own transactions write, or which only computes.
    """
    taken = signature(form).parameters

    def decorate(view: Doing) -> Doing:
        @wraps(view)
        def endpoint(**arguments: Any) -> Response:
            of_form = {name: one for name, one in arguments.items() if name in taken}
            try:
                if writes:
                    back = url_for(form.endpoint, **of_form)  # type: ignore[attr-defined]
                    done = transaction(
                        lambda session: _done_once(session, view, action, arguments, back)
                    )
                else:
                    done = _done(view, action, arguments)
            except (SignInNeeded, Forbidden, NotFound):
                raise
            except (InvalidInput, Refused, WrongForm) as error:
                g.refusal = refusal_of(error)
                response = _shown(form, form.action, of_form)  # type: ignore[attr-defined]
                response.status_code = g.refusal.status
                return response
            if isinstance(done, Response):
                return done
            if done.said:
                say(done.said, done.undo, done.undo_label)
            return _way_to(done.to)

        made: Any = _made(endpoint, blueprint, action, also)
        blueprint.route(path, methods=["POST"])(made)
        return view

    return decorate


def _made(
    endpoint: Callable[..., Response], blueprint: Blueprint, action: str, also: Sequence[str]
) -> Any:
    """Return what is asked for at an address: for nobody but whom all of it is allowed."""
    role = getattr(blueprint, "role", None)

    @wraps(endpoint)
    def allowed(**arguments: Any) -> Response:
        if role is not None and role not in g.actor.roles:
            raise Forbidden
        for one in also:
            require(g.actor, one)
        return endpoint(**arguments)

    made: Any = guarded(allowed, action, linked=False)
    made.action, made.linked, made.page = action, False, True
    made.needs, made.role = (action, *also), role
    return made


def say(text: str, undo: str = "", undo_label: str = "") -> None:
    """Let the next page say what happened, with a link to where it can be undone."""
    told = {"text": text, "undo": undo, "label": undo_label}
    flash(told)  # type: ignore[arg-type]


def _shown(view: Shown, action: str, arguments: dict[str, Any]) -> Response:
    with reading() as session:
        call = call_for(session, action)
        _know_reader(call)
        response = make_response(view(call, **arguments))
        response = picture_if_asked() or response
    if call.audit:
        transaction(lambda writing: write_down(writing, call.audit))
    return response


def _done(view: Doing, action: str, arguments: dict[str, Any]) -> Done | Response:
    with reading() as session:
        call = call_for(session, action)
        _know_reader(call)
        done = view(call, **arguments)
    if call.audit:
        transaction(lambda writing: write_down(writing, call.audit))
    return done


def _done_once(
    session: Session, view: Doing, action: str, arguments: dict[str, Any], back: str
) -> Done | Response:
    call = call_for(session, action)
    _know_reader(call)
    call.if_match = version_of(request.form)
    record, once = None, once_of(request.form)
    if once:
        # A button that is pressed twice does its work once.
        owner, key = str(call.actor.user_id), f"page {request.path[:150]} {once}"
        before = session.scalar(
            select(IdempotencyRecord).where(
                IdempotencyRecord.owner == owner, IdempotencyRecord.key == key
            )
        )
        if before is not None:
            return Done(str(before.answer["to"]), _("That is done already."))
        record = IdempotencyRecord(
            owner=owner, key=key, fingerprint=uuid4().hex, status=303, answer={},
            created_at=call.now,
        )  # fmt: skip
        session.add(record)
        session.flush()
    done = view(call, **arguments)
    session.flush()
    if record is not None:
        record.answer = {"to": done.to if isinstance(done, Done) else back}
    write_down(session, call.audit)
    return done


def _know_reader(call: Call) -> None:
    """Keep what every page says of its reader: whose practice, by which clock, which name."""
    g.call = call
    g.practice = call.session.get_one(Practice, call.practice_id)
    g.zone = g.practice.zone
    g.reader = call.session.get(User, call.actor.user_id)


def _way_to(address: str) -> Response:
    if request.headers.get("HX-Request") == "true":
        response = make_response("")
        response.headers["HX-Redirect"] = address
        return response
    return redirect(address, 303)  # type: ignore[return-value]
