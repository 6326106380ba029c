"""Identifiers of other systems: as rows keep them, and which of them are never told in full."""

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from serve.fhir.values import token

#: Systems of numbers by which a state knows its people: Dutch, British, American, Belgian, German,
#: French, Swedish, Norwegian, Danish, Finnish, Spanish, Italian, Swiss, Australian and others.
NATIONAL = re.compile(
    r"bsn|nhs[-_]?number|ssn|social[-_]?security|\bnational|personnummer|personal[-_]?identi|"
    r"f(oe|ø|o)dselsnummer|\bcpr\b|henkilotunnus|hetu|\bnir\b|ins-nir|codice[-_]?fiscale|\bdni\b|"
    r"ahv|kvid|steuer|passport|\bppn\b|driver|"
    r"2\.16\.840\.1\.113883\.2\.4\.6\.3|2\.16\.840\.1\.113883\.4\.1$|"
    r"2\.16\.840\.1\.113883\.2\.1\.4\.1|1\.2\.752\.129\.2\.1\.3\.[13]|"
    r"2\.16\.578\.1\.12\.4\.1\.4\.[12]|1\.2\.208\.176\.1\.2|1\.2\.246\.21|"
    r"1\.2\.250\.1\.213\.1\.4\.(8|10)|2\.16\.756\.5\.32",
    re.IGNORECASE,
)
MASKED = {
    "extension": [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "masked",
        }
    ]
}


def national(system: str) -> bool:
    """Return whether a system numbers the people of a country."""
    return NATIONAL.search(system) is not None


def identifier(system: str, value: str) -> dict[str, Any]:
    """Return an identifier; of a national one only that there is one."""
    told: dict[str, Any] = {"system": system} if system else {}
    return told | ({"_value": MASKED} if national(system) else {"value": value})


def external(kept: str) -> dict[str, Any]:
    """Return the identifier that a row keeps in one text, as an element; nothing for none."""
    if not kept:
        return {}
    system, _, value = kept.rpartition("|")
    return {"identifier": [identifier(system, value)]}


def kept_as(system: str, value: str) -> str:
    """Return an identifier as a row keeps it in one text."""
    return f"{system}|{value}" if system else value


def of_external(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a row has the identifier of a token in one text."""
    system, value = token(text)
    if system is None:
        plain = value
        for letter in ("\\", "%", "_"):
            plain = plain.replace(letter, f"\\{letter}")
        return and_(column != "", or_(column == value, column.like(f"%|{plain}", escape="\\")))
    return and_(column != "", column == kept_as(system, value))
