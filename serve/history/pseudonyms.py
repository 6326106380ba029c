"""Names that tell nothing: the same for the same patient in every export, and not to be reversed.

A pseudonym is a keyed hash (HMAC, RFC 2104), so that nobody without the service's key can find it
by trying all identifiers. The key is another one for each practice.
"""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from objective import InvalidInput

#: Characters of a pseudonym: 80 bits, so that a million names are different.
LENGTH = 20


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms of a practice.

    Attributes
    ----------
    practice_id, secret
        Whose they are, and the service's secret key.
    """

    practice_id: UUID
    secret: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise InvalidInput("key", "an empty text", "the secret key of the service")

    @cached_property
    def _key(self) -> bytes:
        label = f"pseudonyms of {self.practice_id}".encode()
        return hmac.digest(self.secret.encode(), label, hashlib.sha256)

    def name(self, kind: str, identifier: object) -> str:
        """Return the pseudonym of something of a kind, such as ``patient``."""
        text = f"{kind}\x00{identifier}".encode(errors="surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256).hex()[:LENGTH]
