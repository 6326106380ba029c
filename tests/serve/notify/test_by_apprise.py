"""Text messages through Apprise to a real server, which stands for a gateway."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from serve.booking.holding import book
from serve.models import Patient, Preference
from tests.serve.booking.conftest import STAFF
from tests.serve.conftest import NOW
from tests.serve.notify.conftest import Told


@dataclass
class Gateway:
    """A server that takes text messages, and what it took."""

    port: int = 0
    status: int = 200
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway that takes what it is given."""
    found = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.taken.append((self.path, json.loads(body)))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Write nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def texted(told: Told, gateway: Gateway) -> Told:
    """The clinic, whose patient wishes text messages."""
    told.settings = replace(
        told.settings,
        apprise_urls=f"json://127.0.0.1:9/{{phone}} json://127.0.0.1:{gateway.port}/{{phone}}",
    )
    told.use_settings()
    told.set(Patient, told.clinic.patient, phone="+31 (0)6-1234 5678", language="nl")

    def wish(session: Any) -> None:
        session.add(Preference(patient_id=told.clinic.patient, notices={"channels": ["sms"]}))

    told.do(wish)
    return told


def test_the_first_gateway_that_takes_a_message_has_it(texted: Told, gateway: Gateway):
    """The patient's number is put into its address; the text is in the patient's language."""
    made = texted.do(book, texted.seats[0], texted.clinic.patient, NOW, STAFF)
    assert {one.channel for one in texted.rows(made)} == {"apprise"}
    texted.send()
    ((path, body),) = gateway.taken
    assert path.strip("/") in ("%2B310612345678", "+310612345678")
    assert body["message"] == (
        "Bailey: uw afspraak op donderdag 5 maart 2026. Uw afspraak is gemaakt voor donderdag "
        "5 maart 2026 om 09:00 uur. Waar: Main street Vragen, of kunt u niet komen? 020 1234567"
    )
    assert texted.kinds(made, "sent") == ["confirmation"]
    assert texted.mails() == []


def test_what_no_gateway_takes_is_tried_again(
    texted: Told, gateway: Gateway, capsys: pytest.CaptureFixture[str]
):
    """And nobody's number is written down."""
    gateway.status = 500
    made = texted.do(book, texted.seats[0], texted.clinic.patient, NOW, STAFF)
    texted.send()
    row = texted.rows(made)[0]
    assert (row.state, row.problem) == ("waiting", "No gateway took the text message.")
    assert "1234" not in capsys.readouterr().err


def test_who_has_no_number_is_not_told(texted: Told):
    """And staff see why."""
    texted.set(Patient, texted.clinic.patient, phone="")
    made = texted.do(book, texted.seats[0], texted.clinic.patient, NOW, STAFF)
    texted.send()
    row = texted.rows(made)[0]
    assert (row.state, row.problem) == ("withdrawn", "No telephone number is known of the patient.")


def test_both_ways_each_tell_once(texted: Told, gateway: Gateway):
    """A patient may wish mail and text messages."""

    def wish(session: Any) -> None:
        session.query(Preference).one().notices = {"channels": ["sms", "email"]}

    texted.do(wish)
    made = texted.do(book, texted.seats[0], texted.clinic.patient, NOW, STAFF)
    texted.send()
    assert texted.kinds(made, "sent") == ["confirmation", "confirmation"]
    assert (len(texted.mails()), len(gateway.taken)) == (1, 1)


def test_without_a_gateway_no_text_messages_are_queued(texted: Told):
    """A wish for them alone comes to nothing."""
    texted.settings = replace(texted.settings, apprise_urls="")
    texted.use_settings()
    made = texted.do(book, texted.seats[0], texted.clinic.patient, NOW, STAFF)
    assert texted.kinds(made) == []
