"""A CSV file as it was sent: decoded, divided into cells, with the line of every row."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from objective import InvalidInput
from serve.imports.report import Problem
from serve.spreadsheets import unguarded

#: How texts may be encoded; without a word the first that fits is taken.
ENCODINGS = ("utf-8", "cp1252")
SEPARATORS = (",", ";", "\t")
#: Sizes of a file, and longest text of a cell in characters.
MAX_BYTES, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 256 * 2**20, 1_000_000, 200, 2_000
#: How files begin that are no text: workbooks, UTF-16, PDF and archives.
BINARY = (b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class Sheet:
    """The cells of a file.

    Attributes
    ----------
    columns
        Names in the header.
    rows
        Cells of the rows that can be read, without spaces around them; a row has as many as the
        header.
    lines
        The line on which each row begins.
    separator
        What stands between cells.
    problems
        Of rows that are left out.
    """

    columns: list[str]
    rows: list[list[str]]
    lines: list[int]
    separator: str = ","
    problems: list[Problem] = field(default_factory=list)


def read_sheet(data: bytes, encoding: str | None = None) -> Sheet:
    """Return the cells of a file.

    Parameters
    ----------
    data
        What was sent.
    encoding
        ``utf-8``, with or without a byte order mark, or ``cp1252``; None to find out.

    Raises
    ------
    InvalidInput
        If it is empty, too large, no text in that encoding, or has no proper header.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput("file", "a larger file", f"at most {MAX_BYTES // 2**20} MiB")
    text = _decoded(data, encoding)
    rows = _rows(text, separator := _separator(text))
    header = next(rows, None)
    if header is None:
        raise InvalidInput("file", "an empty file", "a CSV file with a header and rows")
    columns = [one.strip() for one in header[1]]
    _check_header(columns)
    sheet = Sheet(columns, [], [], separator)
    controlled = CONTROLS.search(text) is not None
    for line, cells in rows:
        message = _wrong(cells, len(columns), controlled)
        if message is not None:
            sheet.problems.append(Problem(line, "", message))
        else:
            sheet.rows.append([unguarded(cell.strip()) for cell in cells])
            sheet.lines.append(line)
        if len(sheet.lines) + len(sheet.problems) > MAX_ROWS:
            raise InvalidInput("file", "a longer file", f"at most {MAX_ROWS:,} rows")
    if not sheet.rows and not sheet.problems:
        raise InvalidInput("file", "a header alone", "a CSV file with a header and rows")
    return sheet


def _decoded(data: bytes, encoding: str | None) -> str:
    if encoding is not None and encoding not in ENCODINGS:
        raise InvalidInput("encoding", encoding, " or ".join(ENCODINGS))
    if data.startswith(BINARY) or b"\x00" in data[:1000]:
        raise InvalidInput("file", "no text", "a CSV file: save a workbook as CSV in UTF-8")
    tried = ENCODINGS if encoding is None else (encoding,)
    line = 0
    for one in tried:
        try:
            return data.decode("utf-8-sig" if one == "utf-8" else one)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
    allowed = f"a text in {' or '.join(tried)}: line {line} is not"
    raise InvalidInput("file", "another encoding", allowed)


def _separator(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, cells
    except csv.Error:
        allowed = f"a CSV file: from line {before + 1} on, quotes are not closed or stand wrongly"
        raise InvalidInput("file", "wrong quotes", allowed) from None


def _check_header(columns: list[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise InvalidInput("file", "more columns", f"at most {MAX_COLUMNS} columns")
    if not all(columns) or any(len(one) > 200 or CONTROLS.search(one) for one in columns):
        allowed = "a file whose first line names every column, in at most 200 characters"
        raise InvalidInput("file", "a column without a name", allowed)
    places: dict[str, int] = {}
    for place, name in enumerate(columns, start=1):
        if name in places:
            allowed = f"of different names: columns {places[name]} and {place} have the same"
            raise InvalidInput("file", "columns of one name", allowed)
        places[name] = place


def _wrong(cells: list[str], width: int, controlled: bool) -> str | None:
    """Return why a row cannot be read; None if it can."""
    if len(cells) != width:
        return f"must have {width} cells, as the header has; it has {len(cells)}"
    if max(map(len, cells)) > MAX_CELL:
        return f"must have at most {MAX_CELL:,} characters in a cell"
    if controlled and any(CONTROLS.search(cell) for cell in cells):
        return "must have no control characters"
    return None
