"""Every problem of a history's rows is told with table, row, column, value and what is allowed."""

import pickle

import numpy as np
import pandas as pd
import pytest

from forecast.data.problems import InvalidRows
from forecast.data.tables import TABLES
from forecast.data.validation import check_table, checked_zone
from objective import InvalidInput
from tests.forecast.data.clinics import TABLES as MADE
from tests.forecast.data.clinics import arrivals, assembled, offers, visits


def problems_of(table: str, frame: pd.DataFrame, zone: str | None = None) -> pd.DataFrame:
    """Return what is wrong with a table."""
    return check_table(frame, TABLES[table], zone).problems


@pytest.mark.parametrize("table", list(MADE))
def test_a_sound_table_has_no_problem_and_stays_what_it_is(table: str):
    """Also if it is checked again."""
    frame = MADE[table]()
    checked = check_table(frame, TABLES[table])
    assert checked.problems.empty
    pd.testing.assert_frame_equal(checked.frame[list(frame)], frame, check_dtype=False)
    again = check_table(checked.frame, TABLES[table])
    pd.testing.assert_frame_equal(again.frame, checked.frame)


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "allowed"),
    [
        ("visits", 2, "booked_at", "yesterday", "a date"),
        ("visits", 2, "booked_at", 1_709_287_200, "a date"),
        ("visits", 2, "booked_at", "2024", "a date"),
        ("visits", 2, "booked_at", "2024-02-30 10:00", "a date"),
        ("visits", 2, "booked_at", "2024-03-01T10:00+01:00", "without a zone"),
        ("visits", 2, "scheduled_at", None, "given"),
        ("visits", 2, "patient_id", "  ", "given"),
        ("visits", 2, "status", "maybe", "one of requested, held, booked"),
        ("visits", 2, "walk_in", "perhaps", "true or false"),
        ("visits", 2, "booked_at", "2024-03-04 09:11", "not after scheduled_at"),
        ("visits", 4, "booked_at", "2024-03-04 10:12", "on the day of a walk-in's arrival"),
        ("visits", 1, "started_at", "2024-03-04 08:40", "not before arrived_at"),
        ("visits", 1, "ended_at", "2024-03-04 09:04", "not before started_at"),
        ("visits", 1, "ended_at", "2024-03-05 09:06", "within a day of started_at"),
        ("visits", 1, "status", "no_show", "a visit that was missed was not begun"),
        ("visits", 2, "visit_id", "v1", "no other row's visit_id: row 1 has it"),
        ("arrivals", 3, "count", -1, "a whole number from 0"),
        ("arrivals", 3, "count", 1.5, "a whole number from 0"),
        ("arrivals", 3, "count", "many", "a whole number from 0"),
        ("arrivals", 3, "count", float("inf"), "a whole number from 0"),
        ("arrivals", 3, "count", float("nan"), "given"),
        ("arrivals", 3, "count", "nan", "a whole number from 0"),
        ("arrivals", 3, "start", "2024-03-06 01:00", "a whole number of periods"),
        ("consultations", 1, "minutes", 0, "more than 0"),
        ("consultations", 1, "minutes", -3.0, "a finite number from 0 to 1,440"),
        ("consultations", 1, "minutes", 1_441, "a finite number from 0 to 1,440"),
        ("consultations", 1, "minutes", float("inf"), "a finite number from 0 to 1,440"),
        ("consultations", 1, "minutes", float("nan"), "given"),
        ("offers", 1, "offered_at", "2024-03-04 09:01", "not after seat_at"),
        ("offers", 2, "patient_id", "p9", "the same in all rows of an occasion"),
    ],
)
def test_a_wrong_value_is_told_where_it_is(
    table: str, row: int, column: str, value: object, allowed: str
):
    """With row, column, value and what is allowed."""
    frame = MADE[table]().astype({column: object})
    frame.loc[row - 1, column] = value
    found = problems_of(table, frame)
    told = found[(found["column"] == column) & (found["row"] == row)]
    assert told["allowed"].str.contains(allowed, regex=False).any(), found
    missing = value is None or not str(value).strip() or value != value
    assert told["value"].iloc[0] == ("" if missing else str(value)), found


@pytest.mark.parametrize(
    ("table", "changed", "value", "row", "column", "allowed"),
    [
        ("arrivals", 3, {"start": "2024-03-05"}, 3, "series", "row 2 has it"),
        ("offers", 1, {"seat_at": "2024-03-05 09:00"}, 2, "offer_id", "row 1 has it"),
        ("offers", 1, {"chosen": "yes"}, 2, "chosen", "another seat of the occasion was chosen"),
    ],
)
def test_of_rows_that_contradict_each_other_the_later_one_is_told(
    table: str, changed: int, value: dict[str, object], row: int, column: str, allowed: str
):
    """The same period or seat twice, and two seats chosen."""
    frame = MADE[table]().astype(object)
    for name, one in value.items():
        frame.loc[changed - 1, name] = one
    found = problems_of(table, frame)
    assert found[["row", "column"]].to_numpy().tolist() == [[row, column]]
    assert allowed in found["allowed"][0]


@pytest.mark.parametrize("table", list(MADE))
def test_every_missing_column_is_told(table: str):
    """As a problem of the whole table, which comes first."""
    for column in TABLES[table].columns:
        frame = MADE[table]()
        if column.name in frame:
            found = problems_of(table, frame.drop(columns=column.name))
            missing = found[found["row"] == 0]["column"].tolist()
            assert missing == ([column.name] if column.required else [])


def test_several_problems_of_a_row_and_a_table_are_told_together():
    """In the order of the rows."""
    frame = visits().astype(object)
    frame.loc[3, "status"], frame.loc[1, "status"], frame.loc[1, "booked_at"] = "x", "y", "z"
    found = problems_of("visits", frame)
    assert found[["row", "column"]].to_numpy().tolist() == [
        [2, "booked_at"], [2, "status"], [4, "status"],
    ]  # fmt: skip


def test_a_completed_visit_without_times_is_sound():
    """Many clinics record only that a patient was there."""
    frame = visits().drop(columns=["arrived_at", "started_at", "ended_at", "walk_in"])
    frame.loc[3, "booked_at"] = pd.Timestamp("2024-03-05 09:00")
    assert problems_of("visits", frame).empty


def test_an_appointment_of_which_only_the_day_is_known_may_be_booked_on_that_day():
    """It is at midnight then, before any booking of the day; the next day is too late."""
    frame = visits().drop(columns=["arrived_at", "started_at", "ended_at", "walk_in"])
    frame["scheduled_at"] = frame["scheduled_at"].dt.normalize()
    assert problems_of("visits", frame).empty
    frame.loc[1, "booked_at"] = pd.Timestamp("2024-03-05 00:00")
    assert problems_of("visits", frame)["row"].tolist() == [2]


def test_text_is_read_as_what_the_column_holds():
    """Times, flags, whole numbers and names as files have them."""
    frame = visits().astype(object)
    frame["walk_in"] = ["no", "FALSE", " 0 ", "Yes", ""]
    frame["booked_at"] = [
        "2024-03-01", "2024-03-01T11:00", "2024-03-02 09:00:00.5", "2024-03-05 10:12:00",
        pd.Timestamp("2024-03-05 11:00").to_pydatetime(),
    ]  # fmt: skip
    frame["patient_id"] = [1, 2.0, "3", " p4 ", "007"]
    frame["status"] = frame["status"].str.upper()
    checked = check_table(frame, TABLES["visits"])
    assert checked.problems.empty, checked.problems
    assert checked.frame["walk_in"].tolist() == [False, False, False, True, False]
    assert checked.frame["booked_at"].dtype == "datetime64[ns]"
    assert checked.frame["booked_at"][2] == pd.Timestamp("2024-03-02 09:00:00.5")
    assert checked.frame["patient_id"].tolist() == ["1", "2.0", "3", "p4", "007"]
    assert checked.frame["status"][1] == "no_show"
    counts = check_table(
        arrivals().assign(count=["0", "1.0", 2, 3.0, "4", "5"]), TABLES["arrivals"]
    )
    assert counts.frame["count"].dtype == "int64"
    assert counts.frame["count"].tolist() == [0, 1, 2, 3, 4, 5]


def test_names_that_are_numbers_have_no_decimals():
    """A column of floats holds them where another row had none."""
    frame = visits().assign(patient_id=[29872499824296.0, 1.0, 2.0, 3.0, 4.5])
    checked = check_table(frame, TABLES["visits"]).frame
    assert checked["patient_id"].tolist() == ["29872499824296", "1", "2", "3", "4.5"]


def test_times_with_a_zone_are_told_on_the_clinic_s_clock():
    """In winter and in summer, as text and as times; mixed with times that have none."""
    given = [
        "2024-01-15T09:00:00Z",
        "2024-07-15T09:00:00Z",
        "2024-07-15T09:00+02:00",
        "2024-07-15 09:00",
    ]
    wanted = ["2024-01-15 09:00", "2024-07-15 10:00", "2024-07-15 08:00", "2024-07-15 09:00"]
    frame = arrivals(4).assign(start=given, series=["a", "b", "c", "d"])
    checked = check_table(frame, TABLES["arrivals"], "Europe/London")
    assert checked.problems.empty
    assert checked.frame["start"].tolist() == [pd.Timestamp(one) for one in wanted]
    zoned = pd.Series(pd.to_datetime(given[:2], utc=True))
    checked = check_table(frame[:2].assign(start=zoned), TABLES["arrivals"], "Europe/London")
    assert checked.frame["start"].tolist() == [pd.Timestamp(one) for one in wanted[:2]]
    assert len(problems_of("arrivals", frame[:2].assign(start=zoned))) == 2


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", 5])
def test_a_zone_that_there_is_not_is_refused(zone: object):
    """Before anything is read."""
    with pytest.raises(InvalidInput, match=r"data\.zone"):
        checked_zone(zone)


def test_an_infinite_attribute_is_a_problem_and_a_missing_one_is_not():
    """Further columns are the clinic's own, but no model survives infinity."""
    frame = visits().assign(distance=[1.0, np.nan, np.inf, 2.0, -np.inf])
    assert problems_of("visits", frame)["row"].tolist() == [3, 5]


def test_the_error_has_the_first_problems_and_counts_the_others(tmp_path):
    """Twenty are told; the error is an InvalidInput, and can be sent between processes."""
    frame = pd.concat([visits()] * 10, ignore_index=True)
    frame["visit_id"] = [f"v{row}" for row in range(50)]
    frame["status"] = ["perhaps"] * 30 + ["booked"] * 20
    with pytest.raises(InvalidInput) as caught:
        assembled(tmp_path, visits=frame)
    error = caught.value
    assert isinstance(error, InvalidRows)
    assert len(error.problems) == 30
    lines = str(error).splitlines()
    assert lines[0].startswith("the history has 30 problems (rows are counted from 1")
    assert lines[1].strip() == (
        "visits.status, row 1 is 'perhaps'; it must be one of requested, held, booked, arrived, "
        "in_consultation, completed, no_show, cancelled_by_patient, cancelled_by_practice"
    )
    assert len(lines) == 22
    assert lines[-1].strip() == "and 10 more"
    assert (error.field, error.value) == ("visits.status, row 1", "perhaps")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_problems_of_all_tables_are_told_at_once(tmp_path):
    """Nobody repairs one table only to hear of the next."""
    wrong = arrivals().drop(columns="count")
    with pytest.raises(InvalidRows) as caught:
        assembled(tmp_path, visits=visits().assign(status="x"), arrivals=wrong)
    assert set(caught.value.problems["table"]) == {"visits", "arrivals"}
    assert "arrivals.count is missing; it must be there: How many came or asked." in str(
        caught.value
    )


def test_bad_rows_are_put_aside_with_what_is_wrong_with_them(tmp_path, caplog):
    """The rest goes on, and the log counts them."""
    frame = visits().astype(object)
    frame.loc[1, "status"], frame.loc[1, "booked_at"] = "x", "never"
    history = assembled(tmp_path, "quarantine", visits=frame)
    assert history.visits["visit_id"].tolist() == ["v1", "v3", "v4", "v5"]
    assert history.visits["booked_at"].dtype == "datetime64[ns]"
    aside = pd.read_csv(tmp_path / "quarantine" / "visits.csv")
    assert aside["visit_id"].tolist() == ["v2"]
    assert aside["row"].tolist() == [2]
    assert "booked_at must be a date" in aside["problem"][0]
    assert "status must be one of" in aside["problem"][0]
    assert "1 of 5 rows cannot be used" in caplog.text


def test_of_two_rows_with_one_name_the_first_stays(tmp_path):
    """Unless the first cannot be used: then the second is no repetition."""
    frame = pd.concat([visits(), visits()[:1]], ignore_index=True)
    assert len(assembled(tmp_path, "quarantine", visits=frame).visits) == 5
    assert pd.read_csv(tmp_path / "quarantine" / "visits.csv")["row"].tolist() == [6]
    frame.loc[0, "status"] = "x"
    left = assembled(tmp_path, "quarantine", visits=frame).visits
    assert sorted(left["visit_id"]) == ["v1", "v2", "v3", "v4", "v5"]


def test_an_occasion_is_put_aside_as_a_whole(tmp_path):
    """Without one of its seats it would be another choice."""
    frame = offers().astype({"seat_at": object})
    frame.loc[1, "seat_at"] = "soon"
    assert assembled(tmp_path, "quarantine", offers=frame).offers["offer_id"].tolist() == ["o2"] * 2
    assert len(pd.read_csv(tmp_path / "quarantine" / "offers.csv")) == 2


@pytest.mark.parametrize("on_error", ["stop", "quarantine"])
def test_a_missing_column_always_stops(tmp_path, on_error: str):
    """No row could be used."""
    with pytest.raises(InvalidInput, match=r"visits\.status is missing"):
        assembled(tmp_path, on_error, visits=visits().drop(columns="status"))


@pytest.mark.parametrize("on_error", ["stop", "quarantine"])
def test_a_table_without_a_row_that_can_be_used_is_refused(tmp_path, on_error: str):
    """Neither an empty one nor one of bad rows only."""
    with pytest.raises(InvalidInput, match="no rows"):
        assembled(tmp_path, on_error, visits=visits()[:0])
    with pytest.raises(InvalidInput):
        assembled(tmp_path, on_error, visits=visits().assign(status="x"))
