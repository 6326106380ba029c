"""Which JSON is taken: UTF-8, each name once, numbers that are numbers, not too deep (RFC 8259)."""

import json
import math
import re
from typing import Any

from flask.json.provider import DefaultJSONProvider

#: Lists and objects within each other.
DEEPEST = 32
#: A text, of which brackets are no brackets, or a bracket.
PART = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
#: What can stand for a letter that no database keeps: NUL, or half of a pair.
SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class SentJson(DefaultJSONProvider):
    """Flask's JSON, which refuses as malformed what means different things to different readers."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what a text says; raise `ValueError` unless it is JSON as it is taken here."""
        # Bytes in another encoding would be guessed at.
        text = s if isinstance(s, str) else bytes(s).decode("utf-8")
        if _depth(text) > DEEPEST:
            raise ValueError("too deep")
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite, **kwargs
        )
        if value is None:
            # It would be taken for an empty object.
            raise ValueError("nothing")
        if "\x00" in text or (SUSPICIOUS.search(text) and not _keepable(value)):
            raise ValueError("a letter that cannot be kept")
        return value


def _depth(text: str) -> int:
    depth = deepest = 0
    for part in PART.finditer(text):
        letter = text[part.start()]
        if letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name twice")
    return made


def _refuse(constant: str) -> Any:
    raise ValueError("no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("too large a number")
    return number


def _keepable(value: Any) -> bool:
    if isinstance(value, str):
        return not any(letter == "\x00" or 0xD800 <= ord(letter) <= 0xDFFF for letter in value)
    if isinstance(value, list):
        return all(map(_keepable, value))
    if isinstance(value, dict):
        return all(map(_keepable, value)) and all(map(_keepable, value.values()))
    return True
