"""A client that knows only the profile, against a real server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from serve.database import reading, transaction
from serve.models import Appointment, Patient, User, UserRole
from tests.serve.conftest import token_for
from tests.serve.fhir.booking_client import BookingClient, RefusedError
from tests.serve.fhir.conftest import Filled


@contextmanager
def serving(app: APIFlask) -> Iterator[str]:
    """Serve an application on a free port of this machine; give the base address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/fhir/r4"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def base(app: APIFlask) -> Iterator[str]:
    """Address of a server."""
    with serving(app) as address:
        yield address


def second_patient(filled: Filled) -> str:
    """Let the patient of nobody sign in; return a token."""

    def work(session: Any) -> Any:
        user = User(practice_id=filled.clinic.practice, email="bo@people.example", name="Bo")
        user.roles = [UserRole(role="patient")]
        session.add(user)
        session.flush()
        session.get_one(Patient, filled.clinic.stranger).user_id = user.id
        return user.id

    return token_for(transaction(work))


def test_a_client_finds_holds_books_reschedules_and_cancels(filled: Filled, base: str):
    """As the profile has it, from the CapabilityStatement on."""
    client = BookingClient(base, second_patient(filled))
    operations = {one["name"] for one in client.capabilities()["operation"]}
    assert operations == {"find", "hold", "book"}
    me = client.myself()
    found = client.find("2026-03-05", "2026-03-06", me, count=4)
    assert len(found) == 4
    found.sort(key=lambda one: one["start"])
    held = client.hold(found[0])
    booked = client.book(held)
    assert booked["start"] == found[0]["start"]
    moved = client.reschedule(booked, found[1])
    assert (moved["id"], moved["start"]) == (booked["id"], found[1]["start"])
    other = client.book(found[3])
    assert {one["id"] for one in client.mine(me, status="booked")} == {booked["id"], other["id"]}
    assert client.cancel(moved)["status"] == "cancelled"
    assert client.read(moved)["status"] == "cancelled"
    with pytest.raises(RefusedError) as refused:
        client.book(moved)
    assert refused.value.status == 409


@pytest.mark.slow
@pytest.mark.parametrize("how", ["book", "hold"])
def test_of_two_clients_for_the_last_seat_one_gets_it(filled: Filled, base: str, how: str):
    """Again and again: one booking, and one outcome that says the seat is taken."""
    with reading() as session:
        ada = token_for(filled.clinic.users["patient"])
    clients = [BookingClient(base, ada), BookingClient(base, second_patient(filled))]
    patients = [client.myself() for client in clients]
    for seat in filled.seats[:6]:
        slot = f"Slot/{seat}"
        proposed = []
        for client, me in zip(clients, patients, strict=True):
            found = client.find("2026-03-05", "2026-03-05", me, count=50)
            proposed += [one for one in found if one["slot"][0]["reference"] == slot]
        results: list[Any] = [None, None]
        together = threading.Barrier(2)

        def race(number: int, proposed: list[Any] = proposed, results: list[Any] = results,
                 together: threading.Barrier = together) -> None:  # fmt: skip
            together.wait()
            try:
                results[number] = getattr(clients[number], how)(proposed[number])
            except RefusedError as error:
                results[number] = error

        threads = [threading.Thread(target=race, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [one for one in results if isinstance(one, RefusedError)]
        assert len(refused) == 1, results
        assert refused[0].status == 409
        assert refused[0].codes == ["conflict"]
        with reading() as session:
            holders = select(func.count()).where(
                Appointment.seat_id == seat, Appointment.status.in_(("held", "booked"))
            )
            assert session.scalar(holders) == 1
        if how == "hold":
            # A patient holds no more than some seats at a time.
            winner = next(one for one in results if not isinstance(one, RefusedError))
            clients[results.index(winner)].cancel(winner)
