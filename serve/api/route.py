"""How every endpoint is made: who may call it, in one transaction, once, and described.

A view gets a `Call` and what was sent, and returns a row, plain names and numbers, or a response.
Around it stands what all endpoints share: sign-in and policy, a transaction with its audit,
``Idempotency-Key`` for what makes something new, ``If-Match`` for what changes something, problem
details for what is refused, and the description in OpenAPI.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, current_app, g, jsonify, request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.api.call import Call
from serve.api.dialect import PLAIN, Dialect
from serve.auth.actor import WITH_LINK
from serve.auth.current import current_actor
from serve.auth.policy import require
from serve.clock import now
from serve.database import reading, transaction
from serve.errors import NotFound, VersionNeeded
from serve.models import AuditEntry, IdempotencyRecord

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
#: What a request does: reads, makes something new, changes something, or computes and keeps
#: nothing.
Effect = Literal["reads", "makes", "changes", "computes"]
View = Callable[..., Any]

#: Longest key of a request.
LONGEST_KEY = 255


def route(
    blueprint: APIBlueprint,
    method: Method,
    path: str,
    action: str,
    summary: str,
    *,
    takes: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    gives: type[BaseModel] | None = None,
    status: int = 200,
    effect: Effect | None = None,
    example: Any = None,
    form: bool = False,
    files: Sequence[str] = (),
    linked: bool = False,
    dialect: Dialect = PLAIN,
    parameters: Sequence[Mapping[str, Any]] = (),
    takes_media: str = "",
) -> Callable[[View], View]:
    """Return a decorator that makes a view an endpoint.

    Parameters
    ----------
    blueprint, method, path, summary
        Where it is, and what it does in a few words.
    action
        What `serve.auth.policy.POLICY` must allow.
    takes, query
        The body, which the view gets as ``given``, and the query, which it gets as ``asked``.
    gives, status
        The answer; without ``gives`` the view returns nothing, or a response of its own.
    effect
        ``reads`` for GET, ``makes`` for POST and ``changes`` for the others, unless it is said:
        a POST that acts on something that is there ``changes`` it.
    example
        A body that works.
    form
        Whether the body is a form with files, not JSON.
    files
        Media types of the files that it may answer with instead of JSON.
    linked
        Whether a secret in the path, which the view checks, is the right to it: nobody signs in,
        and who is signed in may no more. What follows a link knows no header of ours, so that
        neither ``Idempotency-Key`` nor ``If-Match`` is asked for.
    dialect
        How it speaks, if not as the service's own API does.
    parameters
        Further parameters as OpenAPI describes them, which the view reads itself.
    takes_media
        Media type of the body, if not that of the dialect.
    """
    does: Effect = effect or {"GET": "reads", "POST": "makes"}.get(method, "changes")  # type: ignore[assignment]

    def decorate(view: View) -> View:
        @wraps(view)
        def endpoint(**arguments: Any) -> Response:
            if does in ("reads", "computes"):
                return _read(view, action, gives, status, arguments, dialect)
            effect = None if linked else does
            return _write(view, action, gives, status, arguments, effect, dialect)

        made: View = endpoint
        if gives is not None:
            made = blueprint.output(gives, status_code=status)(made)
        elif status == 204:
            made = blueprint.output({}, status_code=204)(made)
        if query is not None:
            made = blueprint.input(query, location="query", arg_name="asked")(made)
        if takes is not None:
            location = "form_and_files" if form else "json"
            made = blueprint.input(takes, location=location, arg_name="given", example=example)(
                made
            )
        made = blueprint.doc(summary=summary, tags=[tag_of(blueprint)])(
            guarded(made, action, linked)
        )
        made.action, made.effect = action, does  # type: ignore[attr-defined]
        made.linked = linked  # type: ignore[attr-defined]
        made.files = tuple(files)  # type: ignore[attr-defined]
        made.dialect, made.parameters = dialect, tuple(parameters)  # type: ignore[attr-defined]
        made.takes_media = takes_media or dialect.media  # type: ignore[attr-defined]
        blueprint.route(path, methods=[method])(made)
        return view

    return decorate


def tag_of(blueprint: APIBlueprint) -> str:
    """Return what the endpoints of a blueprint are called together."""
    return blueprint.name.replace("_", " ")


def guarded(made: View, action: str, linked: bool) -> View:
    """Return a view that looks at what was sent only of somebody who may send it."""

    @wraps(made)
    def guarded(**arguments: Any) -> Any:
        if linked:
            g.actor = WITH_LINK
        else:
            with reading() as session:
                g.actor = current_actor(session)
        g.user_id = g.actor.user_id
        require(g.actor, action)
        return made(**arguments)

    return guarded


def _read(
    view: View,
    action: str,
    gives: type[BaseModel] | None,
    status: int,
    arguments: Mapping[str, Any],
    dialect: Dialect,
) -> Response:
    with reading() as session:
        call = call_for(session, action)
        result = view(call, **arguments)
        answer = None if isinstance(result, Response) else _plain(result, gives)
    if call.audit:
        transaction(lambda writing: write_down(writing, call.audit))
    if answer is None:
        return result if isinstance(result, Response) else Response(status=status)
    response = _answer(answer, status, _etag(call, dialect, answer), dialect, call.headers)
    if request.method == "GET":
        response.make_conditional(request)
    return response


def _write(
    view: View,
    action: str,
    gives: type[BaseModel] | None,
    status: int,
    arguments: Mapping[str, Any],
    does: Effect | None,
    dialect: Dialect,
) -> Response:
    key = None if does is None else _key(needed=does == "makes" and dialect.keyed)
    asked_for = does == "changes" or not dialect.keyed
    if_match = _if_match(needed=does == "changes") if asked_for else None

    def work(session: Session) -> Response:
        call = call_for(session, action)
        call.if_match = if_match
        record = None
        if key is not None:
            owner, fingerprint = str(call.actor.user_id), _fingerprint()
            before = session.scalar(
                select(IdempotencyRecord).where(
                    IdempotencyRecord.owner == owner, IdempotencyRecord.key == key
                )
            )
            if before is not None:
                if before.fingerprint != fingerprint:
                    allowed = "a key of its own: this one was sent with another request"
                    raise InvalidInput("Idempotency-Key", "the key", allowed)
                patient_id = _check_again(call, dialect, before.answer)
                call.note("answer", None, patient_id, {"again": True})
                write_down(session, call.audit)
                again = {"Idempotent-Replayed": "true"}
                return _answer(before.answer, before.status, before.etag, dialect, again)
            # The row is written first: a second request with the key waits for this one.
            record = IdempotencyRecord(
                owner=owner,
                key=key,
                fingerprint=fingerprint,
                status=status,
                answer={},
                created_at=call.now,
            )
            session.add(record)
            session.flush()
        result = view(call, **arguments)
        session.flush()
        if isinstance(result, Response):
            write_down(session, call.audit)
            return result
        answer = _plain(result, gives)
        etag = _etag(call, dialect, answer)
        if record is not None:
            record.answer, record.etag = _kept(answer or {}, gives), etag
        write_down(session, call.audit)
        if answer is None:
            return Response(status=status)
        return _answer(answer, status, etag, dialect, call.headers)

    return transaction(work)


def _check_again(call: Call, dialect: Dialect, answer: Mapping[str, Any]) -> UUID | None:
    """Return whose data an answer given before has; raise `NotFound` if not the actor's now."""
    patient_id, provider_id = dialect.about(answer)
    if call.reach == "practice" or patient_id is None or patient_id in call.actor.patient_ids:
        return patient_id
    theirs = call.actor.provider_id
    if theirs is None or provider_id != theirs:
        raise NotFound("request")
    return patient_id


def call_for(session: Session, action: str) -> Call:
    """Return the request in hand, for an action."""
    return Call(session, g.actor, action, require(g.actor, action), now())


def write_down(session: Session, audit: list[AuditEntry]) -> None:
    """Keep what a request read and changed of patients."""
    moment = now()
    for entry in audit:
        entry.at = moment
        entry.address = str(request.remote_addr or "")[:60]
        entry.request_id = str(g.get("request_id", ""))
        session.add(entry)


def _plain(result: Any, gives: type[BaseModel] | None) -> dict[str, Any] | None:
    if gives is None:
        return None
    model = result if isinstance(result, gives) else gives.model_validate(result)
    return model.model_dump(mode="json")


def _kept(answer: dict[str, Any], gives: type[BaseModel] | None) -> dict[str, Any]:
    """Return an answer without the secrets that it tells only once."""
    secret = getattr(gives, "told_once", ())
    return {name: None if name in secret else value for name, value in answer.items()}


def _answer(
    answer: dict[str, Any], status: int, etag: str, dialect: Dialect, headers: Mapping[str, str]
) -> Response:
    response = jsonify(answer) if status != 204 else current_app.response_class()
    response.status_code = status
    if dialect is not PLAIN:
        response.mimetype = dialect.media
    if etag:
        response.headers["ETag"] = etag
    response.headers.update(headers)
    return response


def _etag(call: Call, dialect: Dialect, answer: Mapping[str, Any] | None) -> str:
    return call.headers.pop("ETag", "") or dialect.etag(answer or {})


def _key(needed: bool) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None and not needed:
        return None
    printable = key is not None and key.isascii() and key.isprintable() and key.strip() == key
    if key is None or not printable or not 1 <= len(key) <= LONGEST_KEY:
        allowed = f"a text of your own for each request, 1 to {LONGEST_KEY} printable characters"
        raise InvalidInput("Idempotency-Key", "the header", allowed)
    return key


def _if_match(needed: bool) -> int | None:
    """Return the version that a request changes; None if it need not say and does not."""
    given = request.headers.get("If-Match")
    if given is None:
        if needed:
            raise VersionNeeded
        return None
    text = given.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidInput("If-Match", "the header", 'an ETag of an answer, such as "3"')
    return int(text)


def _fingerprint() -> str:
    """Return a hash of what a request asks for, from which nobody without the key can guess it."""
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.new(key, f"{request.method} {request.full_path}\n".encode(), "sha256")
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data(cache=True))
        return digest.hexdigest()
    # The text between the parts of a form is another one each time it is sent.
    for name, value in sorted(request.form.items(multi=True)):
        digest.update(f"{len(name)} {name} {len(value)} {value}\n".encode(errors="surrogatepass"))
    for name, file in sorted(request.files.items(multi=True), key=lambda one: one[0]):
        file.stream.seek(0)
        content = file.stream.read()
        digest.update(f"{len(name)} {name} {len(content)}\n".encode(errors="surrogatepass"))
        digest.update(content)
    return digest.hexdigest()
