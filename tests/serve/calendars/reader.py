"""A reader of calendars that shares nothing with what writes them (RFC 5545, 5546)."""

import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import tz

Line = tuple[str, dict[str, str], str]


def lines(content: bytes) -> list[Line]:
    """Return name, parameters and value of each line; long lines were folded."""
    assert all(len(one) <= 75 for one in content.split(b"\r\n"))
    found = []
    for line in content.decode().replace("\r\n ", "").strip().split("\r\n"):
        name, parameters, value = re.fullmatch(
            r"([A-Z0-9-]+)((?:;[A-Z-]+=(?:\"[^\"]*\"|[^;:\"]*))*):(.*)", line
        ).groups()
        given = re.findall(r";([A-Z-]+)=(\"[^\"]*\"|[^;:]*)", parameters)
        found.append((name, {key: one.strip('"') for key, one in given}, value))
    return found


def events(content: bytes) -> list[dict[str, tuple[dict[str, str], str]]]:
    """Return the properties of each event by their names."""
    found: list[dict[str, Any]] = []
    inside = False
    for name, parameters, value in lines(content):
        if (name, value) == ("BEGIN", "VEVENT"):
            inside = True
            found.append({})
        elif (name, value) == ("END", "VEVENT"):
            inside = False
        elif inside:
            assert name not in found[-1], "each of these properties may be there once"
            found[-1][name] = (parameters, value)
    return found


def moment(given: tuple[dict[str, str], str]) -> datetime:
    """Return a moment by the zone's name alone, as a reader with a database of zones does it."""
    parameters, value = given
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    wall = datetime.strptime(value, "%Y%m%dT%H%M%S")
    return wall.replace(tzinfo=ZoneInfo(parameters["TZID"])).astimezone(UTC)


def moment_by_file(content: bytes, given: tuple[dict[str, str], str]) -> datetime:
    """Return a moment by the zone that the file describes, as a reader without a database does."""
    parameters, value = given
    if value.endswith("Z"):
        return moment(given)
    text = content.decode().replace("\r\n ", "")
    zone = re.search(r"BEGIN:VTIMEZONE.*END:VTIMEZONE", text, re.DOTALL)
    assert zone is not None
    known = tz.tzical(io.StringIO(zone[0].replace("\r\n", "\n")))
    wall = datetime.strptime(value, "%Y%m%dT%H%M%S")
    return wall.replace(tzinfo=known.get(parameters["TZID"])).astimezone(UTC)


@dataclass
class Reader:
    """A calendar program that keeps each event by its UID, and takes only newer revisions of it."""

    kept: dict[str, tuple[int, str, datetime]] = field(default_factory=dict)
    #: What it would show to its user, one line for each change.
    noticed: list[str] = field(default_factory=list)

    def read(self, content: bytes) -> None:
        """Take in a file."""
        method = next((value for name, _, value in lines(content) if name == "METHOD"), "")
        for one in events(content):
            uid, sequence = one["UID"][1], int(one["SEQUENCE"][1])
            status = "CANCELLED" if method == "CANCEL" else one["STATUS"][1]
            starts = moment(one["DTSTART"])
            before = self.kept.get(uid)
            if before is not None and sequence <= before[0]:
                continue
            self.kept[uid] = (sequence, status, starts)
            if before is None:
                self.noticed.append("new")
            elif status == "CANCELLED":
                self.noticed.append("cancelled")
            elif starts != before[2]:
                self.noticed.append("moved")
            else:
                self.noticed.append(status.lower())
