"""JSON Patch (RFC 6902): a few changes to a document, all of them or none."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from serve.fhir.outcome import Issue, NotTaken

#: Most changes of a patch, and longest document after one, characters.
MOST, LONGEST = 100, 200_000
WORDS = ("add", "remove", "replace", "move", "copy", "test")


def patched(document: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a document with the changes of a patch.

    Raises
    ------
    NotTaken
        If the patch is none, points at nothing, or what it tests is not so.
    """
    if len(patch) > MOST:
        raise _wrong("too-long", f"must have at most {MOST} changes", "")
    whole: dict[str, Any] = {"": deepcopy(dict(document))}
    for number, change in enumerate(patch):
        place = f"[{number}]"
        _apply(whole, change, place)
        if len(json.dumps(whole[""])) > LONGEST:
            raise _wrong("too-long", f"must leave at most {LONGEST:,} characters", place)
    changed = whole[""]
    if not isinstance(changed, dict):
        raise _wrong("structure", "must leave a resource", "")
    return changed


def _apply(whole: dict[str, Any], change: Mapping[str, Any], place: str) -> None:
    word, path = change.get("op"), _pointer(change.get("path"), f"{place}.path")
    if word not in WORDS:
        raise _wrong("value", f"must be one of {', '.join(WORDS)}", f"{place}.op")
    if word in ("add", "replace", "test") and "value" not in change:
        raise _wrong("required", "must be given", f"{place}.value")
    value = deepcopy(change.get("value"))
    if word in ("move", "copy"):
        source = _pointer(change.get("from"), f"{place}.from")
        if word == "move" and path[: len(source)] == source and path != source:
            raise _wrong("value", "must not be moved into itself", f"{place}.path")
        value = deepcopy(_get(whole, source, f"{place}.from"))
        if word == "move":
            _remove(whole, source, f"{place}.from")
    if word == "test":
        if not _same(_get(whole, path, f"{place}.path"), value):
            raise _wrong("conflict", "must be so, and is not", f"{place}.value")
    elif word == "remove":
        _remove(whole, path, f"{place}.path")
    else:
        if word == "replace":
            _get(whole, path, f"{place}.path")
        _put(whole, path, value, word == "replace", f"{place}.path")


def _pointer(text: Any, place: str) -> list[str]:
    """Return the steps of a JSON Pointer (RFC 6901), from the whole document on."""
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _wrong("value", "must be a JSON Pointer such as /status", place)
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")]


def _get(within: Any, path: Sequence[str], place: str) -> Any:
    for part in path:
        if isinstance(within, dict) and part in within:
            within = within[part]
        elif isinstance(within, list):
            within = within[_number(part, len(within) - 1, place)]
        else:
            raise _wrong("not-found", "must point at what is there", place)
    return within


def _remove(whole: dict[str, Any], path: Sequence[str], place: str) -> None:
    _get(whole, path, place)
    if len(path) == 1:
        raise _wrong("value", "must not be the whole resource", place)
    above = _get(whole, path[:-1], place)
    if isinstance(above, dict):
        del above[path[-1]]
    else:
        del above[int(path[-1])]


def _put(whole: dict[str, Any], path: Sequence[str], value: Any, there: bool, place: str) -> None:
    above = _get(whole, path[:-1], place)
    last = path[-1]
    if isinstance(above, dict):
        above[last] = value
    elif isinstance(above, list):
        if there:
            above[int(last)] = value
        elif last == "-":
            above.append(value)
        else:
            above.insert(_number(last, len(above), place), value)
    else:
        raise _wrong("not-found", "must point at what is there", place)


def _number(part: str, last: int, place: str) -> int:
    proper = part.isascii() and part.isdecimal() and (part == "0" or part[0] != "0")
    if not proper or len(part) > 6 or int(part) > last:
        raise _wrong("not-found", "must point at what is there", place)
    return int(part)


def _same(one: Any, other: Any) -> bool:
    # True is no 1 in JSON.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _wrong(code: str, message: str, place: str) -> NotTaken:
    return NotTaken([Issue(code, message, place)])
