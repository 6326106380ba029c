"""One request to an address that was checked, which is connected to as it was checked.

The name is not looked up again, so that it cannot become another machine's in between; it is what
the certificate must be for, and what the request asks for. No proxy is used, and no redirect is
followed: both would lead elsewhere.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from serve.outbox.courier import NotDeliveredError
from serve.webhooks.target import Target

#: Seconds until there is a connection, between two parts of an answer, and for all of it.
CONNECT, READ, LONGEST = 5.0, 10.0, 20.0


def post(target: Target, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body, and return the answer's status; the answer's own body is not read.

    Parameters
    ----------
    address
        Of the target's host.

    Raises
    ------
    NotDeliveredError
        If there was no answer in time.
    """
    try:
        with _connected(target, address) as connection:
            connection.request("POST", target.path, body, dict(headers))
            return connection.getresponse().status
    except ssl.SSLCertVerificationError:
        raise NotDeliveredError("The certificate is not valid for the address.") from None
    except TimeoutError:
        raise NotDeliveredError("There was no answer in time.") from None
    except (OSError, HTTPException) as error:
        # The message of an error may have the address, in which there may be a secret.
        raise NotDeliveredError(f"It could not be reached ({type(error).__name__}).") from None


@contextlib.contextmanager
def _connected(target: Target, address: str) -> Iterator[HTTPConnection]:
    """Give a connection that breaks off when all of it takes too long."""
    plain = socket.create_connection((address, target.port), timeout=CONNECT)
    late = threading.Event()

    def break_off() -> None:
        late.set()
        with contextlib.suppress(OSError):
            plain.shutdown(socket.SHUT_RDWR)

    # A target that sends a letter now and then is never silent for long.
    watch = threading.Timer(LONGEST, break_off)
    watch.daemon = True
    watch.start()
    made: HTTPConnection | None = None
    try:
        plain.settimeout(READ)
        if target.scheme == "https":
            # The socket is taken over: it is this one that must be broken off.
            made = HTTPSConnection(target.host, target.port)
            made.sock = _trusted().wrap_socket(
                _duplicate(plain), server_hostname=target.host, do_handshake_on_connect=True
            )
        else:
            made = HTTPConnection(target.host, target.port)
            made.sock = plain
        yield made
        # What was broken off within its headers would look like an answer.
        if late.is_set():
            raise TimeoutError
    except (OSError, HTTPException):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        if made is not None:
            made.close()
        plain.close()


def _duplicate(plain: socket.socket) -> socket.socket:
    """Return another handle of a connection, because TLS takes the one that it is given."""
    copy = plain.dup()
    copy.settimeout(READ)
    return copy


def _trusted() -> ssl.SSLContext:
    """Return whom to believe: the machine's authorities, or ``SSL_CERT_FILE``, and the usual."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context
