"""Which column of a file is which: a practice's own names, and columns that are not known."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from objective import InvalidInput
from serve.history.identifying import identifying
from serve.imports.sheet import Sheet

#: What becomes of columns that are not known here. History may keep them, as attributes.
FURTHER = ("refuse", "ignore", "keep")


def named(
    sheet: Sheet,
    mapping: Mapping[str, str],
    known: Collection[str],
    required: Collection[str],
    further: str = "refuse",
) -> Sheet:
    """Return a sheet whose columns are called as they are here.

    Parameters
    ----------
    mapping
        What a column is called in the file, by its name here.
    known, required
        All columns that there may be, and those that there must be.
    further
        What becomes of other columns: ``refuse``, ``ignore`` or ``keep``.

    Raises
    ------
    InvalidInput
        If the mapping names a column that is not there, or one is missing, there twice or not
        known.
    """
    for ours, theirs in mapping.items():
        if ours not in known:
            raise InvalidInput("mapping", "another name", "names of columns: " + ", ".join(known))
        if theirs not in sheet.columns:
            raise InvalidInput(f"mapping.{ours}", theirs, "the name of a column of the file")
    if len(set(mapping.values())) < len(mapping):
        raise InvalidInput("mapping", "a column twice", "a column of the file for each name")
    ours_of = {theirs: ours for ours, theirs in mapping.items()}
    names = [ours_of.get(one, one) for one in sheet.columns]
    for name in mapping:
        if names.count(name) > 1:
            allowed = "its only column: the file has one of that name beside the one mapped to it"
            raise InvalidInput(f"mapping.{name}", "a second column", allowed)
    for name in required:
        if name not in names:
            raise InvalidInput(name, None, "a column of the file, by that name or by the mapping")
    places = [place for place, name in enumerate(names) if name in known]
    if len(places) < len(names) and further == "refuse":
        strange = next(place for place, name in enumerate(names, 1) if name not in known)
        allowed = f"one of {', '.join(known)}; or say what becomes of further columns"
        raise InvalidInput(f"column {strange}", "another name", allowed)
    if further == "keep":
        for place, name in enumerate(names, 1):
            if name not in known and identifying(name):
                allowed = "left out of the file: by its name it would tell who a patient is"
                raise InvalidInput(f"column {place}", "an identifying column", allowed)
    if further == "keep" or len(places) == len(names):
        return replace(sheet, columns=names)
    return replace(
        sheet,
        columns=[names[place] for place in places],
        rows=[[row[place] for place in places] for row in sheet.rows],
    )
