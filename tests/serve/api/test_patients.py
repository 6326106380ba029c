"""Patients, their carers and preferences."""

from typing import Any
from uuid import uuid4

from apiflask import APIFlask
from sqlalchemy import func, select

from serve.database import reading
from serve.models import AuditEntry, Patient
from tests.serve.conftest import Clinic, make_clinic

NEW = {
    "name": "Zoë van_Dam",
    "born_on": "1980-02-29",
    "email": "Zoe@people.example",
    "phone": "+31 20 123 4567",
    "area": "1081 HV",
    "attributes": {"lead_days": 12, "insured": True, "referral": "gp"},
    "identifiers": [{"system": "hospital", "value": "0042"}],
}


def test_a_patient_is_added_read_and_changed(as_role: Any):
    """By the front desk; what is sent is changed, of the version that was read."""
    desk = as_role("front_desk")
    made = desk.post("/patients", NEW)
    path = f"/patients/{made['id']}"
    read = desk("GET", path)
    assert read.get_json() == made
    assert read.headers["ETag"] == '"1"'
    assert made["email"] == "zoe@people.example"
    assert made["attributes"] == NEW["attributes"]
    changed = desk("PATCH", path, {"phone": "", "born_on": None}, version=1)
    assert changed.status_code == 200, changed.text
    body = changed.get_json()
    assert (body["phone"], body["born_on"], body["version"]) == ("", None, 2)
    assert body["identifiers"] == NEW["identifiers"]
    assert desk("PATCH", path, {"phone": ""}, version=1).status_code == 412


def test_identifiers_are_replaced(as_role: Any):
    """As one change of the patient; no two patients have the same."""
    desk = as_role("front_desk")
    made = desk.post("/patients", NEW)
    path = f"/patients/{made['id']}"
    kept = NEW["identifiers"][0]
    wanted = [kept, {"system": "insurer", "value": "7"}, kept]
    changed = desk("PATCH", path, {"identifiers": wanted}, version=1)
    assert changed.status_code == 200, changed.text
    assert changed.get_json()["identifiers"] == wanted[:2]
    assert changed.get_json()["version"] == 2
    same = desk("PATCH", path, {"identifiers": wanted}, version=2)
    assert same.get_json()["version"] == 2
    clash = desk("POST", "/patients", {"name": "Bo", "identifiers": [kept]})
    assert clash.status_code == 409
    assert clash.get_json()["reason"] == "not_unique"
    assert desk("PATCH", path, {"identifiers": []}, version=2).get_json()["identifiers"] == []
    desk.post("/patients", {"name": "Bo", "identifiers": [kept]})


def test_patients_are_found(app: APIFlask, as_role: Any, clinic: Clinic):
    """By how a word of the name begins, an identifier, or a date of birth; no sign is special."""
    with app.app_context():
        make_clinic("Welch")
    desk = as_role("front_desk")
    desk.post("/patients", NEW)
    desk.post("/patients", {"name": "Per Cent%", "born_on": "1980-02-29"})

    def found(**query: Any) -> list[str]:
        return [one["name"] for one in desk.get("/patients", **query)["items"]]

    everybody = found()
    assert sorted(everybody) == ["Ada Patient", "Bo Stranger", "Per Cent%", "Zoë van_Dam"]
    assert found(name="zO") == ["Zoë van_Dam"]
    assert found(name="VAN_") == ["Zoë van_Dam"]
    assert found(name="Zoë") == ["Zoë van_Dam"]
    assert found(name="stra") == ["Bo Stranger"]
    assert found(name="tranger") == []
    assert found(name="%") == []
    assert found(name="cent%") == ["Per Cent%"]
    assert found(name="\\") == []
    assert found(name="' OR 1=1 --") == []
    assert found(identifier="0042") == ["Zoë van_Dam"]
    assert found(identifier="42") == []
    assert len(found(born_on="1980-02-29")) == 2
    assert found(born_on="1980-02-29", name="per") == ["Per Cent%"]
    first = desk.get("/patients", limit=3)
    second = desk.get("/patients", limit=3, cursor=first["next"])
    assert [one["name"] for one in first["items"] + second["items"]] == everybody


def test_patients_see_themselves_and_those_they_care_for(as_role: Any, clinic: Clinic):
    """Nobody else, in a list or by identifier; contact is theirs to change, the rest is not."""
    patient = as_role("patient")
    assert [one["id"] for one in patient.get("/patients")["items"]] == [str(clinic.patient)]
    path = f"/patients/{clinic.patient}"
    assert patient("PATCH", path, {"phone": "020"}, version=1).status_code == 200
    for change in ({"name": "Else"}, {"born_on": None}, {"identifiers": []}, {"area": "1"}):
        assert patient("PATCH", path, change, version=2).status_code == 403
    stranger = f"/patients/{clinic.stranger}"
    unknown = patient("GET", f"/patients/{uuid4()}")
    forbidden = patient("GET", stranger)
    assert forbidden.status_code == unknown.status_code == 404
    assert forbidden.get_json() == unknown.get_json()


def test_a_carer_acts_for_a_patient_until_it_does_not(as_role: Any, clinic: Clinic):
    """Given and taken by the practice, each of them a change of the patient."""
    desk, analyst = as_role("front_desk"), as_role("analyst")
    path = f"/patients/{clinic.stranger}"
    assert analyst("GET", path).status_code == 403
    sent = {"email": "analyst@bailey.example"}
    added = desk("POST", f"{path}/carers", sent, version=1)
    assert added.status_code == 200, added.text
    items = [{"user_id": str(clinic.users["analyst"]), "name": "analyst"}]
    assert added.get_json() == {"items": items, "version": 2}
    assert desk("POST", f"{path}/carers", sent, version=2).get_json()["version"] == 2
    assert analyst.get(path)["name"] == "Bo Stranger"
    assert analyst.get(f"{path}/carers")["items"] == items
    assert analyst("POST", f"{path}/carers", sent, version=2).status_code == 403
    carer = f"{path}/carers/{clinic.users['analyst']}"
    assert desk("DELETE", carer, version=1).status_code == 412
    assert desk("DELETE", carer, version=2).get_json() == {"items": [], "version": 3}
    assert desk("DELETE", carer, version=3).status_code == 404
    assert analyst("GET", path).status_code == 404


def test_a_carer_is_an_active_user_of_the_practice(app: APIFlask, as_role: Any, clinic: Clinic):
    """Others are as unknown as nobody."""
    with app.app_context():
        make_clinic("Welch")
    desk = as_role("front_desk")
    answers = [
        desk("POST", f"/patients/{clinic.stranger}/carers", {"email": email}, version=1)
        for email in ("patient@welch.example", "nobody@welch.example")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


def test_preferences_are_said_and_read(as_role: Any, clinic: Clinic):
    """By the patient; of version 0 before anybody said any."""
    patient = as_role("patient")
    path = f"/patients/{clinic.patient}/preferences"
    before = patient("GET", path)
    assert before.headers["ETag"] == '"0"'
    assert before.get_json()["weekdays"] == []
    sent = {
        "providers": [str(clinic.provider)],
        "weekdays": ["monday", "friday", "monday"],
        "times": [{"first": "09:00", "last": "11:30"}],
        "notices": {"channels": ["email"], "reminder_hours": [24, 2]},
    }
    assert patient("PUT", path, sent, version=1).status_code == 412
    assert patient("PUT", path, sent).status_code == 428
    said = patient("PUT", path, sent, version=0)
    assert said.status_code == 200, said.text
    body = patient.get(path)
    assert body == said.get_json()
    assert body["providers"] == [str(clinic.provider)]
    assert body["weekdays"] == ["monday", "friday"]
    assert body["times"] == [["09:00", "11:30"]]
    assert body["notices"] == {"channels": ["email"], "reminder_hours": [24, 2]}
    assert patient("PUT", path, sent, version=0).status_code == 412
    assert patient("PUT", path, {}, version=1).get_json()["times"] == []
    unknown = {"providers": [str(uuid4())]}
    assert patient("PUT", path, unknown, version=2).status_code == 404


BAD = {
    "no name": {"name": " "},
    "born in numbers": {"born_on": 0},
    "born on no date": {"born_on": "1981-02-29"},
    "born long ago": {"born_on": "0001-01-01"},
    "no e-mail address": {"email": "zoe"},
    "letters for a phone": {"phone": "call me"},
    "a header": {"email": "zoe@people.example\r\nBcc: all@people.example"},
    "a language of signs": {"language": "../../etc"},
    "an attribute of attributes": {"attributes": {"a": {"b": 1}}},
    "an attribute that is a formula": {"attributes": {"a": "=1+1"}},
    "an attribute named like a method": {"attributes": {"__class__": 1}},
    "endless attributes": {"attributes": {f"a{number}": 1 for number in range(51)}},
    "endless numbers": {"attributes": {"a": 1e300}},
    "an identifier without a system": {"identifiers": [{"value": "1"}]},
    "a user": {"user_id": str(uuid4())},
    "an unknown field": {"doctor": "strange"},
}


def test_bad_patients_are_refused(app: APIFlask, as_role: Any):
    """422 with the field; nothing is echoed and nobody is added."""
    desk = as_role("front_desk")
    for case, bad in BAD.items():
        answer = desk("POST", "/patients", NEW | bad)
        assert answer.status_code == 422, case
        field = next(iter(bad))
        assert all(error["field"].startswith(field) for error in answer.get_json()["errors"])
        for secret in ("van_Dam", "strange", "Bcc", "etc"):
            assert secret not in answer.text, case
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 2


BAD_PREFERENCES = {
    "a day that is none": {"weekdays": ["someday"]},
    "times that end before they begin": {"times": [{"first": "11:00", "last": "09:00"}]},
    "seconds": {"times": [{"first": "09:00:01", "last": "11:00"}]},
    "a provider by name": {"providers": ["Dr Welch"]},
    "an unknown channel": {"notices": {"channels": ["pigeon"]}},
    "a reminder after the visit": {"notices": {"channels": [], "reminder_hours": [-1]}},
}


def test_bad_preferences_are_refused(as_role: Any, clinic: Clinic):
    """422, and they stay unsaid."""
    patient, path = as_role("patient"), f"/patients/{clinic.patient}/preferences"
    for case, bad in BAD_PREFERENCES.items():
        assert patient("PUT", path, bad, version=0).status_code == 422, case
    assert patient.get(path)["version"] == 0


BAD_SEARCHES = (
    {"born_on": "soon"}, {"name": ""}, {"name": "x" * 201}, {"limit": 0}, {"limit": 201},
    {"cursor": "x"}, {"who": "me"}, {"identifier": "a\x00b"}, {"name": "\x00"},
)  # fmt: skip


def test_bad_searches_are_refused(as_role: Any):
    """422."""
    desk = as_role("front_desk")
    for query in BAD_SEARCHES:
        answer = desk("GET", "/patients", query_string=query)
        assert answer.status_code in (400, 422), query


def test_reads_of_patients_are_written_down(app: APIFlask, as_role: Any, clinic: Clinic):
    """Each patient that a list shows; refused ones are not."""
    as_role("provider").get("/patients")
    as_role("patient").get(f"/patients/{clinic.patient}")
    as_role("patient")("GET", f"/patients/{clinic.stranger}")
    with app.app_context(), reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    told = [(entry.user_id, entry.action, entry.patient_id) for entry in entries]
    provider, patient = clinic.users["provider"], clinic.users["patient"]
    assert told == [
        (provider, "patient.read", clinic.patient),
        (provider, "patient.read", clinic.stranger),
        (patient, "patient.read", clinic.patient),
    ]
    assert {entry.by for entry in entries} == {"token"}
    assert {entry.address for entry in entries} == {"127.0.0.1"}
