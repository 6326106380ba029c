"""Texts that a spreadsheet would run as a formula: written with an apostrophe, read without it."""

import pandas as pd

#: What a formula begins with, as OWASP's "CSV injection" lists it.
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(BEGINNINGS) else text


def unguarded(text: str) -> str:
    """Return what `guarded` was given."""
    inner = text[1:]
    return inner if text[:1] == "'" and inner.lstrip("'").startswith(BEGINNINGS) else text


def guarded_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are guarded; numbers, times and flags are as they were."""
    texts = [name for name in frame if pd.api.types.is_object_dtype(frame[name].dtype)
             or pd.api.types.is_string_dtype(frame[name].dtype)]  # fmt: skip
    return frame.assign(**{str(name): frame[name].map(_guarded) for name in texts})


def _guarded(value: object) -> object:
    return guarded(value) if isinstance(value, str) else value
