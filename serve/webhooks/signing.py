"""How what is sent is signed, so that whoever receives it knows that it is ours and is new.

In the form of Standard Webhooks (https://www.standardwebhooks.com): over the delivery's identifier,
the moment and the body.
"""

import base64
import hmac
from uuid import UUID

#: Before a secret as it is told.
TOLD = "whsec_"


def secret_of(key: str, webhook_id: UUID, number: int) -> bytes:
    """Return the secret of a webhook: derived from the service's key, and kept nowhere.

    Parameters
    ----------
    number
        Raised to get another secret.
    """
    return hmac.digest(key.encode(), f"webhook {webhook_id} {number}".encode(), "sha256")


def told(secret: bytes) -> str:
    """Return a secret as text."""
    return TOLD + base64.b64encode(secret).decode()


def signature(secret: bytes, identifier: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a delivery, with the version of the form."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
