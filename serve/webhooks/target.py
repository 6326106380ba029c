"""Where events may be sent: to the internet, and not into the network in which the service runs.

Whoever may name an address could otherwise reach, through the service, what only the service can
reach: its database, other machines, and what a cloud tells a machine about itself.
"""

import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

#: Longest address, characters.
LONGEST = 2_000
ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>[/?][!-~]*)?"
)
PORTS = {"http": 80, "https": 443}
#: Below it are only the two ports of the web: mail, files and other services listen there.
FIRST_FREE_PORT, LAST_PORT = 1_024, 65_535
#: Where the internet's machines are, and what of it is for something else, as IANA's registries of
#: addresses for special purposes have it. Python's own list differs from version to version.
INTERNET = tuple(map(ip_network, ("0.0.0.0/0", "2000::/3")))
SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            # At this one a cloud tells a machine about itself, as others do at 169.254.169.254.
            "168.63.129.16/32",
            # Protocols, examples, and addresses that stand for one of the old kind.
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ),
    )
)  # fmt: skip

#: Returns the addresses of a host.
Resolve = Callable[[str, int], Collection[str]]


class TargetRefusedError(ValueError):
    """An address to which nothing is sent; the message says what is allowed, without it."""


@dataclass(frozen=True)
class Target:
    """An address, taken apart.

    Attributes
    ----------
    path
        With the query, from the first slash on.
    """

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str, allowed: Collection[str]) -> Target:
    """Return a target of the form that is allowed.

    Parameters
    ----------
    allowed
        Hosts that the operator lets be reached without TLS and on private networks.

    Raises
    ------
    TargetRefusedError
        If it is no such address.
    """
    found = ADDRESS.fullmatch(url) if len(url) <= LONGEST else None
    if found is None or "#" in url:
        raise TargetRefusedError(
            "must be an address such as https://example.org/hook: without a user, a fragment, "
            "blanks or letters outside of ASCII"
        )
    scheme, host = found["scheme"], (found["six"] or found["host"]).lower().rstrip(".")
    if scheme != "https" and host not in allowed:
        raise TargetRefusedError("must begin with https://")
    port = int(found["port"] or PORTS[scheme])
    if port not in PORTS.values() and not FIRST_FREE_PORT <= port <= LAST_PORT:
        ports = f"{FIRST_FREE_PORT} to {LAST_PORT}"
        raise TargetRefusedError(f"must have port 80, 443, or one from {ports}")
    path = found["path"] or "/"
    return Target(scheme, host, port, path if path.startswith("/") else f"/{path}")


def resolved(host: str, port: int) -> Collection[str]:
    """Return the addresses of a host as this machine finds them; none for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def address_of(target: Target, allowed: Collection[str], resolve: Resolve = resolved) -> str:
    """Return the address to connect to: whoever connects must use this one and ask no more.

    Raises
    ------
    TargetRefusedError
        If the host has no address, or one of them is not of the internet.
    """
    found = resolve(target.host, target.port)
    if not found:
        raise TargetRefusedError("must have a host that is known")
    if target.host not in allowed and not all(is_public(one) for one in found):
        raise TargetRefusedError("must have a host on the internet, not on a private network")
    return next(iter(found))


def is_public(text: str) -> bool:
    """Return whether an address is that of a machine on the internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    known = any(address in network for network in INTERNET)
    return known and not any(address in network for network in SPECIAL)
