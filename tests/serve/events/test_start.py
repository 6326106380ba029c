"""``start`` runs the server of events beside the web server, and the API says where it is."""

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from serve import create_app
from serve.commands.start import addresses
from serve.settings import Settings
from tests.serve.conftest import KEY, make_clinic, token_for
from tests.serve.events.conftest import Listener, wait_until
from tests.serve.events.telling import tell
from tests.serve.test_start import started


@pytest.mark.slow
def test_the_stream_is_beside_the_web_server_and_ends_with_it(tmp_path: Path):
    """At the next port; SIGTERM ends streams, and all ends with status 0."""
    with started(tmp_path) as (service, address):
        app = create_app(Settings(home=str(tmp_path), secret_key=KEY))
        with app.app_context():
            clinic = make_clinic()
            token = token_for(clinic.users["analyst"], now=datetime.now(UTC))
        headers = {"Authorization": f"Bearer {token}"}
        stream = requests.get(f"{address}/api/v1/events", headers=headers, timeout=30).json()[
            "stream"
        ]
        port = int(address.rpartition(":")[2]) + 1
        assert stream == f"http://127.0.0.1:{port}/events"
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), 60)
        listener = Listener(port, Origin=address, **headers).begun()
        assert listener.headers["Access-Control-Allow-Origin"] == address
        with app.app_context():
            tell(clinic, 1)
        assert [one.kind for one in listener.next()] == ["run.done"]
        service.send_signal(signal.SIGTERM)
        assert listener.until_end() == []
        assert len(listener.retries) == 2
        assert service.wait(timeout=90) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_what_the_environment_says_of_addresses_stays(monkeypatch: pytest.MonkeyPatch):
    """Otherwise events are at the next port, pages may read them, and links lead here."""
    for name in ("BAILEY_EVENTS_BIND", "BAILEY_WEB_ORIGIN", "BAILEY_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    assert addresses("127.0.0.1", 5000) == {
        "BAILEY_EVENTS_BIND": "127.0.0.1:5001",
        "BAILEY_WEB_ORIGIN": "http://127.0.0.1:5000 http://localhost:5000",
        "BAILEY_PUBLIC_URL": "http://127.0.0.1:5000",
    }
    assert addresses("0.0.0.0", 65_535)["BAILEY_EVENTS_BIND"] == "0.0.0.0:65534"
    assert addresses("127.0.0.1", 0) == {"BAILEY_EVENTS_BIND": "off"}
    monkeypatch.setenv("BAILEY_EVENTS_BIND", "127.0.0.1:7000")
    assert addresses("127.0.0.1", 5000)["BAILEY_EVENTS_BIND"] == "127.0.0.1:7000"
