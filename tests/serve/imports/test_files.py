"""Files that people have: encodings, separators, quotes and lines, and what is no CSV at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objective import InvalidInput
from serve.imports.columns import named
from serve.imports.sheet import MAX_CELL, MAX_COLUMNS, MAX_ROWS, read_sheet
from serve.spreadsheets import guarded, unguarded
from tests.serve.imports.sending import imported, refused, send

HEADER = b"name,external_id\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("näme,x\nJosé,€\n".encode("utf-8-sig"), None),
        ("näme,x\nJosé,€\n".encode(), "utf-8"),
        ("näme;x\r\nJosé;€\r\n".encode("cp1252"), None),
        ("näme\tx\rJosé\t€\r".encode("cp1252"), "cp1252"),
        ('"näme","x"\n\n\n" José ","€"'.encode(), None),
    ],
)
def test_encodings_separators_and_ends_of_lines_are_found_out(data: bytes, encoding: str | None):
    """A byte order mark, blank lines, quotes and spaces around texts are no part of them."""
    sheet = read_sheet(data, encoding)
    assert (sheet.columns, sheet.rows) == (["näme", "x"], [["José", "€"]])


def test_lines_are_those_of_the_file():
    """Also where a cell has several, and where lines are blank."""
    sheet = read_sheet(b'a,b\r\n1,"x\r\ny"\r\n\r\n2,z\r\n3\r\n4,"he said ""no"""\r\n')
    assert sheet.rows == [["1", "x\r\ny"], ["2", "z"], ["4", 'he said "no"']]
    assert sheet.lines == [2, 5, 7]
    assert [one.line for one in sheet.problems] == [6]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "with a header and rows"),
        (b"\xef\xbb\xbf", "with a header and rows"),
        (b"\n \n", "with a header and rows"),
        (HEADER, "with a header and rows"),
        (b"PK\x03\x04 a workbook", "save a workbook as CSV"),
        ("name\nAnn\n".encode("utf-16"), "save a workbook as CSV"),
        (b"na\x00me\nAnn\n", "save a workbook as CSV"),
        (b"name\nAnn\n\x81\x8d\n", "line 3 is not"),
        (b'name\n"Ann\n', "quotes"),
        (b'name\n"Ann"x\n', "quotes"),
        (b"name,name\na,b\n", "columns 1 and 2 have the same"),
        (b"name,\na,b\n", "names every column"),
        (b",".join(b"c%d" % one for one in range(MAX_COLUMNS + 1)) + b"\n1\n", "columns"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, message: str):
    """In words that say what to do, without what was in the file."""
    with pytest.raises(InvalidInput) as error:
        read_sheet(data)
    assert message in error.value.allowed
    assert "Ann" not in str(error.value)


def test_a_stated_encoding_is_believed():
    """And the first line that does not have it is named."""
    with pytest.raises(InvalidInput, match="line 3 is not"):
        read_sheet(b"name\nAnn\nJos\xe9\n", "utf-8")
    with pytest.raises(InvalidInput, match="encoding"):
        read_sheet(b"name\nAnn\n", "latin-1")


@pytest.mark.nightly
def test_a_file_of_a_million_rows_is_taken_and_no_longer_one():
    """The bound is on rows, whatever they hold."""
    assert len(read_sheet(b"a\n" + b"1\n" * MAX_ROWS).rows) == MAX_ROWS
    with pytest.raises(InvalidInput, match="1,000,000 rows"):
        read_sheet(b"a\n" + b"1\n" * (MAX_ROWS + 1))


def test_cells_that_are_too_long_or_have_control_characters_are_problems():
    """Of their row; the others are read."""
    long = b"x" * (MAX_CELL + 1)
    sheet = read_sheet(
        b"a,b\n1," + long + b"\n2,\x00\n3,\x1f\n4," + long[1:] + b"\n5,\xef\xbf\xbf\n"
    )
    assert sheet.lines == [5]
    assert [one.line for one in sheet.problems] == [2, 3, 4, 6]


@pytest.mark.parametrize(
    ("mapping", "further", "field"),
    [
        ({"surname": "b"}, "refuse", "mapping"),
        ({"name": "z"}, "refuse", "mapping.name"),
        ({"name": "b", "code": "b"}, "refuse", "mapping"),
        ({"name": "b", "code": "name"}, "refuse", None),
        ({"code": "b"}, "refuse", "column 3"),
        ({"code": "b"}, "ignore", None),
        ({"code": "name"}, "ignore", "name"),
        ({"name": "b"}, "ignore", "mapping.name"),
        ({}, "refuse", "column 2"),
    ],
)
def test_a_mapping_names_columns_that_are_there(
    mapping: dict[str, str], further: str, field: str | None
):
    """Each once, and none that is not known here unless that is allowed."""
    third = b"" if mapping.get("code") == "name" and "name" in mapping else b",c"
    sheet = read_sheet(b"name,b" + third + b"\n1,2" + (b",3" if third else b"") + b"\n")
    if field is None:
        found = named(sheet, mapping, ["name", "code"], ["name"], further)
        assert sorted(found.columns) == ["code", "name"]
        return
    with pytest.raises(InvalidInput) as error:
        named(sheet, mapping, ["name", "code"], ["name"], further)
    assert error.value.field == field


@pytest.mark.parametrize("mapping", ["[]", "{", '{"name": 1}', '{"name": ""}', "[" * 50_000, "NaN"])
def test_a_mapping_that_is_none_is_refused(as_role: Any, mapping: str):
    """It is a JSON object of texts."""
    errors = refused(as_role("administrator"), "providers", HEADER + b"a,b\n", mapping=mapping)
    assert set(errors) == {"mapping"}


def test_a_mapping_is_used(as_role: Any):
    """Columns have the names that they have at the practice."""
    administrator = as_role("administrator")
    report = imported(
        administrator, "providers", "Arts;Nr;Fax\nDr Ö;1;9\n".encode("cp1252"),
        mapping={"name": "Arts", "external_id": "Nr"}, further="ignore", encoding="cp1252",
    )  # fmt: skip
    assert report["counts"]["added"] == 1
    told = administrator.get(f"/imports/{report['id']}")
    assert told["mapping"] == {"name": "Arts", "external_id": "Nr"}
    assert len(told["fingerprint"]) == 64


@pytest.mark.parametrize(
    "form",
    [
        {"table": "users"},
        {"encoding": "utf-16"},
        {"dry_run": "perhaps"},
        {"on_error": "ignore"},
        {"further": "keep"},
        {"surprise": "1"},
        {"file": "no file"},
    ],
)
def test_a_form_with_something_else_is_refused(as_role: Any, form: dict[str, Any]):
    """Nothing is guessed."""
    administrator = as_role("administrator")
    if "table" in form:
        assert send(administrator, form["table"], HEADER + b"a,b\n").status_code == 422
    elif "file" in form:
        data = {"table": "providers", **form}
        answer = administrator("POST", "/imports", data=data, content_type="multipart/form-data")
        assert answer.status_code == 422
    else:
        assert send(administrator, "providers", HEADER + b"a,b\n", **form).status_code == 422


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x"),
        (b"table=providers", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_form_with_a_file_is_refused(as_role: Any, data: bytes, kind: str):
    """With problem details."""
    answer = as_role("administrator")("POST", "/imports", data=data, content_type=kind)
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"


@given(st.text(alphabet="'=+-@ab\t1", max_size=6))
def test_a_text_comes_back_from_behind_its_guard(text: str):
    """Whatever apostrophes it has itself; no formula is left in front."""
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t"))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(as_role: Any):
    """By the bound of all requests; the command line takes more."""
    answer = send(as_role("administrator"), "providers", HEADER + b"a" * (17 * 2**20))
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"
