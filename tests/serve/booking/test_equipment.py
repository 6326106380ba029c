"""Equipment that a type of visit needs, of which there are only some pieces."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve.booking.publishing import Publication, publish
from serve.database import transaction
from serve.models import Practice, Resource, VisitType
from tests.serve.booking.ground import TUESDAY, add, add_provider, add_rule
from tests.serve.conftest import NOW, Clinic


def need(clinic: Clinic, pieces: int) -> None:
    """Let the type of visit need equipment."""
    device = add(
        Resource(
            practice_id=clinic.practice,
            location_id=clinic.location,
            kind="equipment",
            name="ECG",
            pieces=pieces,
        )
    )

    def work(session: Session) -> None:
        session.get_one(VisitType, clinic.visit_type).resources = [
            session.get_one(Resource, device)
        ]

    transaction(work)


def publish_for(clinic: Clinic, provider: UUID) -> list[tuple[str, str | None]]:
    """Publish a Tuesday of a provider; return what was done."""

    def work(session: Session) -> list[Any]:
        asked = Publication(
            session.get_one(Practice, clinic.practice),
            session.get_one(VisitType, clinic.visit_type),
            None,
            provider,
            TUESDAY,
            TUESDAY,
        )
        return publish(session, asked, NOW)

    return [(one.done, one.reason) for one in transaction(work)]


@pytest.mark.parametrize("pieces", [1, 2])
def test_no_more_sessions_than_pieces(app: APIFlask, clinic: Clinic, pieces: int):
    """The session that is one too many is left out, with the reason; published again it stays."""
    with app.app_context():
        other = add_provider(clinic, "Dr Two")
        for provider in (clinic.provider, other):
            add_rule(clinic, provider_id=provider)
        need(clinic, pieces)
        assert publish_for(clinic, clinic.provider) == [("published", None)]
        second = ("published", None) if pieces == 2 else ("left_out", "equipment_busy")
        assert publish_for(clinic, other) == [second]
        assert publish_for(clinic, clinic.provider) == [("unchanged", None)]


def test_two_who_publish_at_once_do_not_share_a_piece(app: APIFlask, clinic: Clinic):
    """One of them is left out."""
    with app.app_context():
        providers = [clinic.provider, add_provider(clinic, "Dr Two")]
        for provider in providers:
            add_rule(clinic, provider_id=provider)
        need(clinic, 1)

    def one(provider: UUID) -> list[tuple[str, str | None]]:
        with app.app_context():
            return publish_for(clinic, provider)

    with ThreadPoolExecutor(2) as pool:
        done = sorted(found for (found,) in pool.map(one, providers))
    assert done == [("left_out", "equipment_busy"), ("published", None)]
