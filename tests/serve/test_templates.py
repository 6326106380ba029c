"""Templates by the API, and one's own schedule against the optimum."""

from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask

from opt.result import objective_from_dict
from tests.serve.booking.ground import add_rule, add_template, publish_dates
from tests.serve.conftest import Clinic, make_clinic

OBJECTIVE: dict[str, Any] = {
    "session": {
        "patients": 6,
        "intervals": 10,
        "interval_length": 5,
        "service_time": {"law": "exponential", "mean": 9},
        "no_show": 0.1,
    },
    "weights": {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4},
}
SCHEDULE = [2, 0, 1, 0, 1, 0, 1, 0, 1, 0]


def template(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    """Return a template that can be sent."""
    given = {
        "name": "mornings",
        "visit_type_id": str(clinic.visit_type),
        "objective": OBJECTIVE,
        "schedule": SCHEDULE,
    }
    return given | changes


def test_a_template_is_priced_renamed_and_deleted(as_role: Any, clinic: Clinic):
    """It is read by the staff, and changed by the administrator."""
    administrator = as_role("administrator")
    made = administrator.post("/templates", template(clinic))
    assert (made["known"], made["certificate"], made["run_id"]) == ("priced", None, None)
    priced = objective_from_dict(OBJECTIVE)(SCHEDULE).row(0)
    assert made["performance"] == pytest.approx(priced)
    assert objective_from_dict(made["objective"])(SCHEDULE).row(0) == pytest.approx(priced)
    path = f"/templates/{made['id']}"
    assert as_role("provider").get(path)["schedule"] == SCHEDULE
    (listed,) = as_role("analyst").get("/templates", visit_type_id=clinic.visit_type)["items"]
    assert listed["name"] == "mornings"
    assert as_role("analyst").get("/templates", visit_type_id=uuid4())["items"] == []
    renamed = administrator("PATCH", path, {"name": "afternoons"}, version=1)
    assert renamed.get_json()["name"] == "afternoons"
    assert administrator("PATCH", path, {"name": "evenings"}, version=1).status_code == 412
    again = administrator("POST", "/templates", template(clinic, name="afternoons"))
    assert (again.status_code, again.get_json()["reason"]) == (409, "not_unique")
    assert administrator("DELETE", path, version=2).status_code == 204
    assert administrator("GET", path).status_code == 404


def test_a_template_that_is_used_stays(as_role: Any, clinic: Clinic, app: APIFlask):
    """By a rule of availability, or by a session."""
    with app.app_context():
        ruling = add_template(clinic, "of a rule", [1] * 6)
        published = add_template(clinic, "of a session", [1] * 6)
        add_rule(clinic, template_id=ruling)
        publish_dates(clinic, published)
    for one in (ruling, published):
        answer = as_role("administrator")("DELETE", f"/templates/{one}", version=1)
        assert (answer.status_code, answer.get_json()["reason"]) == (409, "in_use")


def test_templates_are_of_a_practice(as_role: Any, clinic: Clinic, app: APIFlask):
    """Those of another one are not there, and some may not change any."""
    with app.app_context():
        elsewhere = make_clinic("Elsewhere")
        theirs = add_template(elsewhere, "theirs", [1] * 6)
    administrator = as_role("administrator")
    assert administrator("GET", f"/templates/{theirs}").status_code == 404
    assert administrator("DELETE", f"/templates/{theirs}", version=1).status_code == 404
    assert administrator.get("/templates")["items"] == []
    sent = template(clinic, visit_type_id=str(elsewhere.visit_type))
    assert administrator("POST", "/templates", sent).status_code == 404
    for role, status in (("provider", 403), ("front_desk", 403), ("nobody", 401)):
        assert as_role(role)("POST", "/templates", template(clinic)).status_code == status


HUGE = {
    "patients": 100,
    "intervals": 100,
    "interval_length": 5,
    "service_time": {"law": "lognormal", "mean": 60, "cv": 1},
}
BAD = [
    ({"schedule": [1] * 10}, "schedules"),
    ({"schedule": [6]}, "schedules"),
    ({"schedule": []}, "schedule"),
    ({"schedule": [-1, 7, *[0] * 8]}, "schedule"),
    ({"schedule": [6.5, *[0] * 9]}, "schedule"),
    ({"schedule": "212"}, "schedule"),
    ({"schedule": ["2", 0, 1, 0, 1, 0, 1, 0, 1, 0]}, "schedule"),
    ({"name": ""}, "name"),
    ({"name": "a\x07b"}, "name"),
    ({"objective": {}}, "session"),
    ({"objective": OBJECTIVE | {"_target_": "os.system"}}, "_target_"),
    ({"objective": OBJECTIVE | {"session": HUGE}, "schedule": [1] * 100}, "session"),
    ({"objective": OBJECTIVE | {"weights": {"waiting": 1}}}, "weights"),
    ({"visit_type_id": 3}, "visit_type_id"),
    ({"known": "optimal"}, "known"),
]


def test_a_template_that_cannot_be_is_refused(as_role: Any, clinic: Clinic):
    """With the field, and without what was sent."""
    administrator = as_role("administrator")
    for changes, field in BAD:
        answer = administrator("POST", "/templates", template(clinic, **changes))
        assert answer.status_code == 422, changes
        fields = [error["field"] for error in answer.get_json()["errors"]]
        assert any(field in one for one in fields), (changes, fields)
        assert "os.system" not in answer.text


def test_a_schedule_is_compared_with_the_optimum(as_role: Any, clinic: Clinic):
    """And with the rules of practitioners; nothing is kept."""
    sent = OBJECTIVE | {"schedule": [6, *[0] * 9]}
    told = as_role("provider").post("/templates/compare", sent)
    objective = objective_from_dict(OBJECTIVE)
    assert told["yours"]["performance"]["cost"] == pytest.approx(
        float(objective(sent["schedule"]).cost)
    )
    best = told["optimum"]
    assert (best["status"], best["termination"] != "") == ("optimal", True)
    assert best["performance"]["cost"] == pytest.approx(float(objective(best["schedule"]).cost))
    assert set(told["rules"]) == {"bailey_welch", "individual", "two_at_a_time", "equispaced"}
    costs = [one["performance"]["cost"] for one in told["rules"].values()]
    assert min(costs) >= best["lower_bound"] - 1e-9
    gap = told["yours"]["performance"]["cost"] - best["performance"]["cost"]
    assert told["gap"] == pytest.approx(gap)
    assert told["relative_gap"] == pytest.approx(gap / told["yours"]["performance"]["cost"])
    assert gap > 0
    assert as_role("analyst").get("/templates")["items"] == []


def test_the_others_meet_the_constraints(as_role: Any, clinic: Clinic):
    """One's own schedule is told not to."""
    told = as_role("analyst").post(
        "/templates/compare",
        OBJECTIVE | {"schedule": SCHEDULE, "constraints": {"capacity": 1}, "seconds": 5},
    )
    assert not told["yours"]["meets_constraints"]
    assert told["optimum"]["meets_constraints"]
    assert all(one["meets_constraints"] for one in told["rules"].values())


def test_a_comparison_that_cannot_be_made_is_refused(as_role: Any, clinic: Clinic):
    """Too large, too long, not of this session, or not allowed."""
    analyst = as_role("analyst")
    for changes in (
        {"seconds": 100},
        {"seconds": 0},
        {"schedule": [1] * 10},
        {"session": HUGE, "schedule": [1] * 100},
        {"strategy": {"name": "genetic"}},
        {"constraints": {"blocked": [1], "minimum": {"1": 1}}},
    ):
        sent = OBJECTIVE | {"schedule": SCHEDULE} | changes
        assert analyst("POST", "/templates/compare", sent).status_code == 422, changes
    for role, status in (("patient", 403), ("front_desk", 403), ("nobody", 401)):
        sent = OBJECTIVE | {"schedule": SCHEDULE}
        assert as_role(role)("POST", "/templates/compare", sent).status_code == status
