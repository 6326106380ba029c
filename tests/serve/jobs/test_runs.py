"""Runs of the API, done by workers in this process."""

from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from objective import Objective
from opt import optimise
from opt.compare.comparison import compare
from opt.compare.folder import Folder
from opt.compare.job import run_job
from opt.compare.page import table_rows
from opt.result import objective_from_dict, verify_result
from opt.workers import LocalWorkers
from serve.jobs.comparison import plan_of
from serve.jobs.worker import Worker
from tests.serve.conftest import Clinic
from tests.serve.jobs.conftest import SESSION


def test_an_optimisation_is_submitted_done_and_told(app: APIFlask, as_role: Any):
    """The proved optimum, as the search finds it by itself."""
    analyst = as_role("analyst")
    answer = analyst("POST", "/runs/optimisation", {**SESSION, "strategy": {"name": "exact"}})
    assert answer.status_code == 202, answer.text
    run = answer.get_json()
    assert run["state"] == "queued"
    assert Worker(app).work() == 1
    done = analyst.get(f"/runs/{run['id']}")
    assert done["state"] == "done", done
    result = done["result"]
    assert result["status"] == "optimal"
    objective: Objective = objective_from_dict(SESSION)
    assert result["schedules"] == [optimise(objective).schedule]
    assert analyst.get("/runs", kind="optimisation", state="done")["items"][0]["id"] == run["id"]
    assert analyst.get("/runs", kind="frontier")["items"] == []
    assert Worker(app).work() == 0


def test_a_template_is_made_of_what_was_found(app: APIFlask, as_role: Any, clinic: Clinic):
    """With its proof, which verifies from the template alone."""
    administrator = as_role("administrator")
    run = administrator.post("/runs/optimisation", SESSION)
    body = {"name": "Mornings", "visit_type_id": str(clinic.visit_type)}
    early = administrator("POST", f"/runs/{run['id']}/template", body)
    assert (early.status_code, early.get_json()["reason"]) == (409, "no_schedule")
    Worker(app).work()
    made = administrator.post(f"/runs/{run['id']}/template", body)
    assert made["known"] == "optimal"
    assert made["run_id"] == run["id"]
    result = administrator.get(f"/runs/{run['id']}")["result"]
    contents = {
        **made["objective"], **made["performance"], "schedule": made["schedule"],
        "certificate": made["certificate"], "status": made["known"],
        "lower_bound": result["lower_bound"], "gap": result["gap"],
    }  # fmt: skip
    assert verify_result(contents) == []
    again = administrator("POST", f"/runs/{run['id']}/template", body)
    assert again.status_code == 409
    pointed = administrator(
        "POST", f"/runs/{run['id']}/template", {**body, "name": "Other", "point": 0}
    )
    assert pointed.status_code == 422


def test_a_frontier_has_points_to_make_templates_of(app: APIFlask, as_role: Any, clinic: Clinic):
    """From little waiting to little overtime, none dominated."""
    administrator = as_role("administrator")
    run = administrator.post(
        "/runs/frontier", {**SESSION, "parameters": {"method": "exact", "weights": 12}}
    )
    Worker(app).work()
    done = administrator.get(f"/runs/{run['id']}")
    assert done["state"] == "done", done
    points = done["result"]["points"]
    assert len(points) > 2
    assert [one["waiting"] for one in points] == sorted(one["waiting"] for one in points)
    assert [one["tardiness"] for one in points] == sorted(
        (one["tardiness"] for one in points), reverse=True
    )
    body = {"name": "Calm", "visit_type_id": str(clinic.visit_type), "point": 0}
    made = administrator.post(f"/runs/{run['id']}/template", body)
    assert made["schedule"] == points[0]["schedule"]
    beyond = administrator(
        "POST", f"/runs/{run['id']}/template", {**body, "name": "None", "point": 99_999}
    )
    assert beyond.status_code == 422
    own = administrator.post(f"/runs/{run['id']}/template", {**body, "name": "Own", "point": None})
    assert own["known"] == "optimal"


COMPARISON = {
    **SESSION,
    "strategies": ["exact", "genetic", "individual"],
    "seeds": 2,
    "stopping": {"seconds": 30.0, "evaluations": 2_000},
}


def test_strategies_are_compared_as_on_the_command_line(
    app: APIFlask, as_role: Any, clinic: Clinic, tmp_path: Path
):
    """The same order, gaps and figures; no template is made of it, as it has no one schedule."""
    analyst = as_role("analyst")
    run = analyst.post("/runs/comparison", COMPARISON)
    assert Worker(app).work() == 1
    done = analyst.get(f"/runs/{run['id']}")
    assert done["state"] == "done", done
    found = done["result"]
    folder = Folder(tmp_path)
    plan = plan_of({"constraints": {}, **COMPARISON})
    folder.write_plan(plan)
    own = table_rows(compare(plan, folder, LocalWorkers()))
    # All but the seconds, which are those of another run.
    same = [0, 1, 2, 3, 4, 5, 7, 9]
    assert [(one["strategy"], [one["cells"][place] for place in same])
            for one in found["standings"]] == [
        (label, [cells[place] for place in same]) for label, cells in own
    ]  # fmt: skip
    assert found["answer"][0].startswith("Take exact")
    assert len(found["differences"]) == 2
    assert all(one["plot"]["data"] for one in found["figures"])
    body = {"name": "None", "visit_type_id": str(clinic.visit_type)}
    refused = as_role("administrator")("POST", f"/runs/{run['id']}/template", body)
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "no_schedule")


def test_a_comparison_goes_on_where_its_worker_went(
    app: APIFlask, as_role: Any, monkeypatch: pytest.MonkeyPatch
):
    """No search that was finished is done again."""
    searched: list[tuple[str, int]] = []

    def noted(job: Any) -> Any:
        searched.append((job.label, job.seed))
        return run_job(job)

    monkeypatch.setattr("opt.compare.comparison.run_job", noted)
    analyst = as_role("analyst")
    run = analyst.post("/runs/comparison", COMPARISON)
    Worker(app, stopping=lambda: len(searched) == 2).work()
    assert analyst.get(f"/runs/{run['id']}")["state"] == "queued"
    assert len(searched) == 2
    Worker(app).work()
    assert analyst.get(f"/runs/{run['id']}")["state"] == "done"
    assert sorted(searched) == sorted(set(searched))
    # The two seeds of the strategy that draws, one of each that does not, and the reference.
    assert len(searched) == 5


@pytest.mark.parametrize(
    "wrong",
    [{"strategies": ["exact"]}, {"strategies": ["exact", "exact"]}, {"seeds": 0},
     {"strategies": ["exact", "pareto"]}, {"stopping": {"seconds": 3600}}],
)  # fmt: skip
def test_a_comparison_of_nothing_is_refused(wrong: dict[str, Any], as_role: Any):
    """Before any search."""
    assert as_role("analyst")("POST", "/runs/comparison", COMPARISON | wrong).status_code == 422


def test_a_run_that_waits_is_cancelled_at_once(app: APIFlask, as_role: Any):
    """And never done; one that is over cannot be cancelled."""
    analyst = as_role("analyst")
    run = analyst.post("/runs/optimisation", SESSION)
    cancelled = analyst("POST", f"/runs/{run['id']}/cancel", version=run["version"])
    assert cancelled.get_json()["state"] == "cancelled"
    assert Worker(app).work() == 0
    version = analyst.get(f"/runs/{run['id']}")["version"]
    again = analyst("POST", f"/runs/{run['id']}/cancel", version=version)
    assert (again.status_code, again.get_json()["reason"]) == (409, "run_over")


def test_runs_are_seen_and_cancelled_by_those_who_may(as_role: Any):
    """An analyst's own; a provider sees none."""
    run = as_role("administrator").post("/runs/optimisation", SESSION)
    analyst, provider = as_role("analyst"), as_role("provider")
    assert analyst.get(f"/runs/{run['id']}")["state"] == "queued"
    path = f"/runs/{run['id']}/cancel"
    assert analyst("POST", path, version=run["version"]).status_code == 404
    assert provider("GET", "/runs").status_code == 403
    assert as_role("nobody")("GET", "/runs").status_code == 401


def test_what_a_worker_cannot_do_fails_with_a_sentence(app: APIFlask, as_role: Any):
    """And names no value."""
    analyst = as_role("analyst")
    run = analyst.post("/runs/allocation", {"first": "2026-03-09", "last": "2026-03-13"})
    Worker(app).work()
    failed = analyst.get(f"/runs/{run['id']}")
    assert failed["state"] == "failed"
    assert failed["result"] is None
    assert "free seats" in failed["problem"]


BAD = {
    "schedules to price": ("optimisation", {**SESSION, "schedules": [[1] * 20]}, "schedules"),
    "an endless search": (
        "optimisation", {**SESSION, "stopping": {"seconds": 1e9}}, "stopping.seconds"),
    "a target to instantiate": (
        "optimisation", {**SESSION, "strategy": {"_target_": "os.system"}}, "strategy._target_"),
    "constraints that clash": (
        "optimisation",
        {**SESSION, "constraints": {"blocked": [1], "minimum": {"1": 1}}}, "constraints"),
    "an unknown session": ("frontier", {"weights": SESSION["weights"]}, "session"),
    "a value per patient": ("frontier", {**SESSION, "value_per_patient": 2.0}, "value_per_patient"),
    "a window that ends before it begins": (
        "allocation", {"first": "2026-03-09", "last": "2026-03-08"}, "last"),
    "a window of years": ("allocation", {"first": "2026-03-09", "last": "2029-03-08"}, "last"),
    "an unknown quantity": ("forecast", {"quantity": "weather"}, "quantity"),
    "an unknown model": ("forecast", {"quantity": "no_show", "models": ["oracle"]}, "models"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_requests_are_refused_before_any_work(case: str, as_role: Any):
    """422 that names the field."""
    kind, body, field = BAD[case]
    answer = as_role("analyst")("POST", f"/runs/{kind}", body)
    assert answer.status_code == 422, answer.text
    assert any(one["field"].startswith(field) for one in answer.get_json()["errors"]), answer.text
    assert "os.system" not in answer.text
