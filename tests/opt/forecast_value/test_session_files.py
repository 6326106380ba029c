"""Session files: what they hold, and what is refused, by session and field."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from objective import InvalidInput
from opt.forecast_value.session_files import read_session_files
from opt.forecast_value.synthetic import SyntheticForecasts

LAW = {"law": "lognormal", "mean": 13.0, "cv": 0.45}
ANY = {"no_show": 0.1, "service_time": LAW}
SHORT = {"no_show": 0.2, "service_time": {"law": "deterministic", "minutes": 8.0}}


def good() -> dict[str, Any]:
    """Return the contents of a file with two sessions."""
    came = {"class": "new", **SHORT, "came": True, "minutes": 9.5}
    absent = {"class": "return", **ANY, "came": False, "minutes": None}
    first = {
        "session": "a", "date": "2024-01-02", "session_minutes": 60, "clinic": ANY,
        "classes": {"new": SHORT, "return": ANY}, "patients": [came, absent],
    }  # fmt: skip
    second = {
        "session": "b", "date": "2024-01-02", "clinic": ANY,
        "classes": {"new": SHORT}, "patients": [came],
    }  # fmt: skip
    return copy.deepcopy({"version": 1, "sessions": [first, second]})


def written(folder: Path, contents: Any, name: str = "sessions.json") -> Path:
    """Write a file."""
    path = folder / name
    path.write_text(json.dumps(contents))
    return path


def test_a_file_is_read(tmp_path: Path):
    """What was forecast, and what happened."""
    first, second = read_session_files(written(tmp_path, good()))
    assert (first.name, first.date, first.length) == ("a", "2024-01-02", 60.0)
    assert first.order == ("new", "return")
    assert [one.no_show for one in first.individual] == [0.2, 0.1]
    assert first.individual[0].service_time == first.classes["new"].service_time
    assert first.minutes.tolist() == [9.5, 0.0]
    assert first.came.tolist() == [True, False]
    assert second.length is None


def test_a_folder_is_all_its_files_in_order(tmp_path: Path):
    """By name."""
    contents = good()
    for name, place in (("2.json", 1), ("1.json", 0)):
        written(tmp_path, {"version": 1, "sessions": [contents["sessions"][place]]}, name)
    (tmp_path / "notes.txt").write_text("not a session")
    assert [one.name for one in read_session_files(tmp_path)] == ["a", "b"]


def test_made_up_sessions_are_read(tmp_path: Path):
    """They are in the format that is documented."""
    contents = SyntheticForecasts(sessions=5).contents(1)
    sessions = read_session_files(written(tmp_path, contents))
    assert len(sessions) == 5
    assert SyntheticForecasts(sessions=5).contents(1) == contents
    assert SyntheticForecasts(sessions=5).contents(2) != contents


#: Where in the file something is changed, into what, and the message.
BAD: dict[str, tuple[list[Any], Any, str]] = {
    "another version": (["version"], 2, "version is 2; it must be 1"),
    "no sessions": (["sessions"], [], r"sessions is \[\]"),
    "an unknown field of the file": (["model"], "x", "file.model"),
    "an unknown field of a session": (["sessions", 1, "room"], 3, r"sessions\[1\].session.room"),
    "an unknown field of a patient": (
        ["sessions", 0, "patients", 1, "age"], 3, r"sessions\[0\].patients\[1\].patient.age"),
    "a law that is unknown": (
        ["sessions", 0, "patients", 0, "service_time"], {"law": "normal"},
        r"sessions\[0\].patients\[0\].service_time.law is 'normal'"),
    "a law without its mean": (
        ["sessions", 0, "clinic", "service_time"], {"law": "lognormal", "cv": 1},
        r"sessions\[0\].clinic.service_time"),
    "a probability above 1": (
        ["sessions", 0, "classes", "new", "no_show"], 1.2, r"classes.new.no_show is 1.2"),
    "a class that is not forecast": (
        ["sessions", 1, "patients", 0, "class"], "odd", r"patients\[0\].class is 'odd'"),
    "no classes": (["sessions", 0, "classes"], {}, "classes is {}"),
    "no patients": (["sessions", 0, "patients"], [], "patients is '0 patients'"),
    "a negative consultation": (
        ["sessions", 0, "patients", 0, "minutes"], -1, r"patients\[0\].minutes is -1"),
    "a consultation not measured": (
        ["sessions", 0, "patients", 0, "minutes"], None, r"patients\[0\].minutes is None"),
    "a consultation of nobody": (
        ["sessions", 0, "patients", 1, "minutes"], 5, r"patients\[1\].minutes is 5"),
    "came in words": (["sessions", 0, "patients", 0, "came"], "yes", r"came is 'yes'"),
    "a date that is none": (["sessions", 0, "date"], "2024-02-31", r"date is '2024-02-31'"),
    "dates that go back": (["sessions", 1, "date"], "2023-01-01", r"sessions\[1\].date is '2023"),
    "dates of two kinds": (["sessions", 1, "date"], 7, r"sessions\[1\].date is 7"),
    "a name twice": (["sessions", 1, "session"], "a", r"sessions\[1\].session is 'a'"),
    "no name": (["sessions", 1, "session"], "", r"session is ''"),
    "a length of nothing": (["sessions", 0, "session_minutes"], 0, "session_minutes is 0"),
    "a session that is a number": (["sessions", 0], 4, r"sessions\[0\].session is 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_is_refused_by_session_and_field(tmp_path: Path, name: str):
    """With the value and what is allowed."""
    where, value, message = BAD[name]
    contents: Any = good()
    place = contents
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    with pytest.raises(InvalidInput, match=message):
        read_session_files(written(tmp_path, contents))


def test_files_that_are_none_are_refused(tmp_path: Path):
    """Not there, not JSON, a list, an empty folder."""
    with pytest.raises(InvalidInput, match="readable"):
        read_session_files(tmp_path / "none.json")
    with pytest.raises(InvalidInput, match=r"a folder with \.json files"):
        read_session_files(tmp_path)
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(InvalidInput, match="a JSON file"):
        read_session_files(tmp_path / "text.json")
    with pytest.raises(InvalidInput, match="a mapping with version, sessions"):
        read_session_files(written(tmp_path, []))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"informativeness": 1.0}, "synthetic.informativeness is 1.0"),
        ({"sessions": 0}, "synthetic.sessions is 0"),
        ({"new_mean": 500}, "synthetic.new_mean is 500"),
        ({"share": 0.5}, "synthetic.share is 0.5"),
    ],
)
def test_bad_made_up_clinics_are_refused(given: dict[str, float], message: str):
    """By name."""
    with pytest.raises(InvalidInput, match=message):
        SyntheticForecasts.from_dict(given)
