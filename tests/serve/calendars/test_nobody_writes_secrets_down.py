"""A feed read from the service as it runs: no process of it writes the secret down."""

import logging
import socket
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from serve import create_app
from serve.gunicorn import WithoutAddresses
from serve.settings import Settings
from tests.serve.calendars.test_feeds import SECRET, feed, path_of
from tests.serve.conftest import KEY, Client, make_clinic, token_for
from tests.serve.test_start import started


def test_a_servers_warnings_are_without_addresses():
    """As gunicorn writes them of requests that it cannot read, or that break off."""
    for message, arguments in (
        ("Error handling request %s %s", ("GET", "/api/v1/calendars/secret.ics")),
        ("Invalid request from ip=1.2.3.4: Invalid line: 'GET /calendars/secret.ics'", ()),
    ):
        record = logging.LogRecord("gunicorn.error", 30, "", 0, message, arguments, None)
        assert WithoutAddresses().filter(record)
        assert "secret" not in record.getMessage()
        assert "equest" in record.getMessage()


@pytest.mark.slow
def test_no_log_of_the_service_has_a_secret(tmp_path: Path):
    """Whether the request is right, wrong, or none at all."""
    with started(tmp_path) as (_, address):
        app = create_app(Settings(home=str(tmp_path), secret_key=KEY))
        with app.app_context():
            clinic = make_clinic()
            client = Client(app, token_for(clinic.users["patient"], now=datetime.now(UTC)))
        made = feed(client, clinic.patient)
        secret = SECRET.search(made["address"])[1]
        path = f"/api/v1{path_of(made)}"
        with urllib.request.urlopen(f"{address}{path}", timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("text/calendar")
        where = urlsplit(address)
        for line in (f"GET {path}", f"GET {path} HTTP/9.9", f"GET {path} x HTTP/1.1", f"@ {path}"):
            with socket.create_connection((where.hostname, where.port), timeout=30) as raw:
                raw.sendall(f"{line}\r\nHost: a\r\n\r\n".encode())
                assert b"400" in raw.recv(1000)
    log = (tmp_path / "log").read_text()
    assert "Invalid request" in log
    assert "/api/v1/calendars/<secret>.ics" in log
    assert secret not in log
