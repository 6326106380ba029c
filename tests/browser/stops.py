"""Every page that a role has, with something of the practice for whatever its address names."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice, product
from typing import Any, get_type_hints

from apiflask import APIFlask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from serve.auth.actor import Actor, actor_of
from serve.auth.policy import may, reach
from serve.models import Patient, Provider, User
from tests.browser.website import NOW, Website
from tests.serve.test_access import VALUES
from tests.serve.things import Things, row_name

#: Pages for which nobody signs in, and one that is not there.
PUBLIC = ("/sign-in", "/invitation", "/nothing")
#: Rows of a kind that are tried, addresses of a page, and rows that are looked through for them.
VARIANTS, ADDRESSES, LOOKED_AT = 4, 6, 2_000
#: Columns that tell rows of a kind that pages may show in different ways.
TELLING = ("status", "state", "kind")


@dataclass(frozen=True)
class Stop:
    """A page of a role, at addresses of which one at least must be there.

    Attributes
    ----------
    name
        What the page is called, which is also a name of a file.
    """

    role: str
    name: str
    paths: tuple[str, ...]


def stops(website: Website, role: str) -> list[Stop]:
    """Return the pages of a role; rows that an address needs and the practice lacks are made."""
    return website.work(lambda session: list(_stops(website.app, session, role)))


def page_rules(app: APIFlask) -> list[Rule]:
    """Return the routes of pages that are looked at."""
    return sorted(
        (
            rule
            for rule in app.url_map.iter_rules()
            if hasattr(view := app.view_functions[rule.endpoint], "page")
            and "GET" in rule.methods
            and not view.file
        ),
        key=lambda rule: rule.rule,
    )


def _stops(app: APIFlask, session: Session, role: str) -> Iterator[Stop]:
    user = session.scalars(select(User).where(User.email.startswith(f"{role}@"))).one()
    actor = actor_of(session, user, "session")
    for rule in page_rules(app):
        view = app.view_functions[rule.endpoint]
        action = view.action
        if view.role not in (None, role) or any(reach(actor, one) is None for one in view.needs):
            continue
        names = re.findall(r"<(?:[^:>]+:)?([^>]+)>", rule.rule)
        found = [_values(session, user, actor, action, name) for name in names]
        paths = tuple(_filled(rule.rule, values) for values in islice(product(*found), ADDRESSES))
        yield Stop(role, rule.endpoint.replace(".", "-"), paths)


def _filled(path: str, values: tuple[str, ...]) -> str:
    left = iter(values)
    return re.sub(r"<[^>]+>", lambda _: next(left), path)


def _values(session: Session, user: User, actor: Actor, action: str, name: str) -> list[str]:
    row = row_name(name)
    if row is None:
        return [VALUES[name]]
    model = get_type_hints(_made_by(row))["return"]
    found: dict[Any, list[Any]] = defaultdict(list)
    for one in _rows(session, model, user):
        telling = tuple(getattr(one, column, None) for column in TELLING)
        if len(found[telling]) < VARIANTS and may(actor, action, one):
            found[telling].append(one)
    # One of each sort first.
    several = [rows for rows in found.values() if rows]
    chosen = [rows[0] for rows in several] + [one for rows in several for one in rows[1:]]
    if not chosen:
        chosen = [getattr(_things(session, user), row)]
    return [str(one.id) for one in chosen[: max(VARIANTS, len(several))]]


def _made_by(row: str) -> Any:
    made: cached_property[Any] = vars(Things)[row]
    return made.func


def _rows(session: Session, model: Any, user: User) -> list[Any]:
    query = select(model).limit(LOOKED_AT)
    if hasattr(model, "practice_id"):
        query = query.where(model.practice_id == user.practice_id)
    if hasattr(model, "starts_at"):
        # What is near in time tells most.
        query = query.where(
            model.starts_at.between(NOW - timedelta(days=7), NOW + timedelta(days=14))
        )
        return sorted(session.scalars(query), key=lambda one: abs(one.starts_at - NOW))
    if hasattr(model, "created_at"):
        query = query.order_by(model.created_at.desc(), model.id)
    return list(session.scalars(query))


def _things(session: Session, user: User) -> Things:
    """Return what makes rows that are the user's own."""
    assert user.practice_id is not None
    made = Things(session, user.practice_id, ())
    made.__dict__["user"] = user
    roles = {one.role for one in user.roles}
    if "patient" in roles:
        own = select(Patient).where(Patient.user_id == user.id)
        made.__dict__["patient"] = session.scalars(own).one()
    if "provider" in roles:
        made.__dict__["provider"] = session.get(Provider, user.provider_id)
    return made
