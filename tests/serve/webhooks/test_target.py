"""Where events may be sent, and where not."""

import socket
from collections.abc import Collection

import pytest

from objective import InvalidInput
from serve.settings import Settings
from serve.webhooks.target import TargetRefusedError, address_of, is_public, resolved, target_of

NOWHERE: frozenset[str] = frozenset()


def at(*addresses: str) -> object:
    """Return what finds these addresses for every host."""

    def resolve(host: str, port: int) -> Collection[str]:
        return list(addresses)

    return resolve


@pytest.mark.parametrize(
    "url",
    [
        "", "bad.example", "ftp://bad.example/", "http://bad.example/", "https://",
        "https://user@bad.example/", "https://user:word@bad.example/", "https://bad.example/#a",
        "https://exämple.org/", "https://bad.example/ä", "https://bad.example/a b",
        "https://bad.example\\@127.0.0.1/", "https://bad.example:22/", "https://bad.example:0/",
        "https://bad.example:70000/", "https://bad.example:1023/", "https://[::1%25eth0]/",
        "https://bad.example\n/", "https://bad.example/" + "a" * 2000, "javascript:alert(1)",
        "file:///etc/passwd", "https:///path", "https://[]/", "https://bad.example:/",
    ],
)  # fmt: skip
def test_other_forms_are_refused(url: str):
    """Whatever another reader of addresses might make of them."""
    with pytest.raises(TargetRefusedError) as refused:
        target_of(url, NOWHERE)
    assert str(refused.value).startswith("must ")
    assert "bad" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://Example.org", "example.org", 443, "/"),
        ("https://example.org:8443/a?b=c", "example.org", 8443, "/a?b=c"),
        ("https://example.org?b=c", "example.org", 443, "/?b=c"),
        ("https://[2606:4700::1111]:80/", "2606:4700::1111", 80, "/"),
        ("https://example.org./x", "example.org", 443, "/x"),
    ],
)
def test_an_address_is_taken_apart(url: str, host: str, port: int, path: str):
    """Into what is connected to and what is asked for."""
    found = target_of(url, NOWHERE)
    assert (found.scheme, found.host, found.port, found.path) == ("https", host, port, path)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16",
        "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
        "2001:db8::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::1%eth0",
        "no address",
    ],
)  # fmt: skip
def test_other_addresses_than_the_internets_are_private(address: str):
    """Loopback, private, link-local, shared, reserved, of many, and those that stand for them."""
    assert not is_public(address)
    target = target_of("https://hooks.example/", NOWHERE)
    with pytest.raises(TargetRefusedError, match="private"):
        address_of(target, NOWHERE, at(address))
    with pytest.raises(TargetRefusedError, match="private"):
        address_of(target, NOWHERE, at("9.9.9.9", address))


@pytest.mark.parametrize("address", ["8.8.8.8", "9.9.9.9", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str):
    """Of both kinds."""
    assert is_public(address)
    assert address_of(target_of("https://a.example/", NOWHERE), NOWHERE, at(address)) == address


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1",
     "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0", socket.gethostname()],
)  # fmt: skip
def test_no_name_of_this_machine_is_taken(host: str):
    """However it is written: what counts is the address to which it leads."""
    target = target_of(f"https://{host}/", NOWHERE)
    with pytest.raises(TargetRefusedError):
        address_of(target, NOWHERE)


def test_a_host_without_an_address_is_refused():
    """Nothing could be sent to it."""
    assert resolved("nowhere.invalid", 443) == []
    assert resolved("a" * 200 + ".example", 443) == []
    with pytest.raises(TargetRefusedError, match="known"):
        address_of(target_of("https://nowhere.invalid/", NOWHERE), NOWHERE)


def test_an_operator_lets_some_hosts_be_reached():
    """Those and no others, without TLS too."""
    allowed = Settings(webhook_allow=" Hooks.internal., 127.0.0.1 ,fd00::7,").webhook_hosts
    assert allowed == {"hooks.internal", "127.0.0.1", "fd00::7"}
    for url, address in (
        ("http://hooks.internal:8080/", "10.0.0.7"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("https://[FD00::7]/", "fd00::7"),
    ):
        assert address_of(target_of(url, allowed), allowed, at(address)) == address
    with pytest.raises(TargetRefusedError):
        target_of("http://other.internal/", allowed)


@pytest.mark.parametrize("wrong", ["http://hooks.example", "a b", "hooks.example/x", "*"])
def test_a_setting_of_another_form_is_refused(wrong: str):
    """By its name."""
    with pytest.raises(InvalidInput, match="BAILEY_WEBHOOK_ALLOW"):
        Settings(webhook_allow=wrong)
