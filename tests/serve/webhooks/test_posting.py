"""How a target is connected to: at the address that was checked, by the name that was given."""

import datetime as dates
import socket
import ssl
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from serve.outbox.courier import NotDeliveredError
from serve.webhooks.channel import Delivery, WebhookChannel
from serve.webhooks.posting import post
from serve.webhooks.target import Target as Where
from serve.webhooks.target import address_of, target_of
from tests.serve.conftest import KEY
from tests.serve.webhooks.target import Target

ALLOWED = frozenset(["hooks.example"])
#: What of a delivery does not matter here.
NOBODY = UUID(int=0)


class Names:
    """Finds the addresses of every host: one by one as they are given, the last for ever."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = list(addresses), 0

    def __call__(self, host: str, port: int) -> Collection[str]:
        """Return the next."""
        self.asked += 1
        return [self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]]


def deliver(url: str, names: Names) -> None:
    """Deliver something."""
    channel = WebhookChannel(KEY, ALLOWED, names)
    channel.deliver(Delivery(NOBODY, url, {"Content-Type": "application/json"}, b"{}"))


def authority(folder: Path, name: str) -> tuple[Path, Path]:
    """Return files of a certificate for a name, which vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dates.datetime.now(dates.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dates.timedelta(days=1))
        .not_valid_after(now + dates.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Target, Path, list[str]]]:
    """A target with TLS for hooks.example, its certificate, and the names it was asked for."""
    certificate, key = authority(tmp_path, "hooks.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names: list[str] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    with Target(context=context) as target:
        yield target, certificate, names


def test_tls_asks_for_the_name_at_the_address(
    secure: tuple[Target, Path, list[str]], monkeypatch: pytest.MonkeyPatch
):
    """Certificate, server name and Host are the name's, though the address is connected to."""
    target, certificate, names = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    deliver(f"https://hooks.example:{target.port}/x", Names("127.0.0.1"))
    (received,) = target.received
    assert received.headers["host"] == f"hooks.example:{target.port}"
    assert names == ["hooks.example"]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    secure: tuple[Target, Path, list[str]],
):
    """Nothing is sent then."""
    target, _, _ = secure
    with pytest.raises(NotDeliveredError, match="certificate"):
        deliver(f"https://hooks.example:{target.port}/x", Names("127.0.0.1"))
    assert target.received == []


def test_a_certificate_for_another_name_is_refused(
    secure: tuple[Target, Path, list[str]], monkeypatch: pytest.MonkeyPatch
):
    """Whoever answers at the address must be whom the name means."""
    target, certificate, _ = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    where = Where("https", "other.example", target.port, "/")
    with pytest.raises(NotDeliveredError, match="certificate"):
        post(where, "127.0.0.1", b"{}", {})
    assert target.received == []


def test_a_name_is_looked_up_once(target: Target):
    """So that it cannot lead to another machine between the check and the connection."""
    names = Names("127.0.0.1", "10.255.255.1")
    deliver(f"http://hooks.example:{target.port}/x", names)
    assert names.asked == 1
    (received,) = target.received
    assert received.headers["host"] == f"hooks.example:{target.port}"


def test_a_name_that_leads_elsewhere_later_is_refused(target: Target):
    """A public address when it was added, this machine's when it is sent to."""
    names = Names("9.9.9.9", "127.0.0.1")
    url = f"https://rebinding.example:{target.port}/"
    assert address_of(target_of(url, ALLOWED), ALLOWED, names) == "9.9.9.9"
    with pytest.raises(NotDeliveredError, match="private network"):
        deliver(url, names)
    assert target.received == []


def test_no_proxy_of_the_environment_is_used(target: Target, monkeypatch: pytest.MonkeyPatch):
    """It would look the name up by itself."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    deliver(f"http://hooks.example:{target.port}/x", Names("127.0.0.1"))
    assert len(target.received) == 1


def test_no_answer_of_http_is_not_an_answer():
    """What listens at a port may speak something else."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        threading.Thread(target=speak, daemon=True).start()
        port = listening.getsockname()[1]
        with pytest.raises(NotDeliveredError, match="BadStatusLine"):
            deliver(f"http://hooks.example:{port}/", Names("127.0.0.1"))
