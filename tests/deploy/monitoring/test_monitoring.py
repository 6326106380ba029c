"""Rules of alerts say what their tests say; dashboards and rules ask for what the service tells."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from apiflask import APIFlask

from serve import create_app
from serve.database import db
from serve.jobs.practice_numbers import GAUGES
from serve.migrations import migrate
from serve.settings import Settings
from tests.deploy.monitoring.exported import NAME, faults_of, labels_of
from tests.deploy.tools import ROOT, needs, ran, run
from tests.serve.conftest import KEY

FOLDER = ROOT / "deploy/monitoring"
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
RECORDED = frozenset(rule["record"] for rule in RULES if "record" in rule)
ALERTS = [rule for rule in RULES if "alert" in rule]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[APIFlask]:
    """A service on an empty database."""
    app = create_app(Settings(home=str(tmp_path_factory.mktemp("home")), secret_key=KEY))
    with app.app_context():
        migrate(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def known(served: APIFlask) -> Mapping[str, frozenset[str]]:
    """The labels of every number that the service tells."""
    return labels_of(served)


def queries(dashboard: Any) -> list[str]:
    """Return all queries of a dashboard, those of its variables included."""
    found = [one["expr"] for panel in dashboard["panels"] for one in panel["targets"]]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            found.append(variable["query"]["query"])
    return found


def test_the_rules_are_rules_and_do_what_their_tests_say():
    """By promtool, for every alert: that it fires, and that it does not."""
    run(needs("promtool"), "check", "rules", FOLDER / "rules.yaml")
    run(needs("promtool"), "test", "rules", FOLDER / "rules_test.yaml")
    tests = yaml.safe_load((FOLDER / "rules_test.yaml").read_text())["tests"]
    fires, quiet = set(), set()
    for one in (each for test in tests for each in test["alert_rule_test"]):
        (fires if one["exp_alerts"] else quiet).add(one["alertname"])
    assert fires == quiet == {rule["alert"] for rule in ALERTS}


def test_an_alert_that_changed_fails_its_test(tmp_path: Path):
    """Ten times as many reminders may be late."""
    shutil.copytree(FOLDER, tmp_path / "monitoring")
    rules = tmp_path / "monitoring/rules.yaml"
    text = rules.read_text()
    rules.write_text(text.replace("(bailey_oldest_due_message_seconds) > 900",
                                  "(bailey_oldest_due_message_seconds) > 9000"))  # fmt: skip
    assert rules.read_text() != text
    done = ran(needs("promtool"), "test", "rules", tmp_path / "monitoring/rules_test.yaml")
    assert done.returncode != 0
    assert "BaileyRemindersOverdue" in done.stdout + done.stderr


def test_the_configuration_is_one_of_prometheus(tmp_path: Path):
    """Debian's Prometheus cannot ask Kubernetes, so that a fixed target stands in its place."""
    configuration = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    (job,) = configuration["scrape_configs"]
    assert job.pop("kubernetes_sd_configs") == [
        {"role": "pod", "namespaces": {"names": ["bailey"]}}
    ]
    job["static_configs"] = [{"targets": ["127.0.0.1:5000"]}]
    shutil.copy(FOLDER / "rules.yaml", tmp_path)
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    run(needs("promtool"), "check", "config", tmp_path / "prometheus.yaml")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_ask_for_what_the_service_tells(
    rule: dict[str, Any], known: Mapping[str, frozenset[str]]
):
    """Numbers and labels; and what a message names is left in the result."""
    assert faults_of(rule["expr"], known, RECORDED) == []
    for label in re.findall(r"\$labels\.(\w+)", rule.get("annotations", {}).get("summary", "")):
        assert label in rule["expr"]


def test_every_alert_has_its_page_in_the_runbook():
    """And no page is of an alert that is not there."""
    headings = re.findall(r"^## (\w+)$", (FOLDER / "runbook.md").read_text(), re.MULTILINE)
    assert headings == [rule["alert"] for rule in ALERTS]
    for rule in ALERTS:
        place = f"deploy/monitoring/runbook.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook"] == place
        assert rule["labels"]["severity"] in ("critical", "warning")


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_ask_for_what_the_service_tells(
    path: Path, known: Mapping[str, frozenset[str]], tmp_path: Path
):
    """In queries that Prometheus can read."""
    dashboard = json.loads(path.read_text())
    for query in queries(dashboard):
        assert faults_of(query, known, RECORDED) == [], query
    rules = [
        {"record": f"query:{number}", "expr": query}
        for number, query in enumerate(queries(dashboard))
        if not query.startswith("label_values")
    ]
    (tmp_path / "queries.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]})
    )
    run(needs("promtool"), "check", "rules", tmp_path / "queries.yaml")


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_of_dashboards_lie_side_by_side(path: Path):
    """Each with a title, its own number, and a place of its own on 24 columns."""
    panels = json.loads(path.read_text())["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    taken = set()
    for one in panels:
        assert one["title"]
        at = one["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
        }  # fmt: skip
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, one["title"]
        taken |= cells


def test_all_that_matters_is_on_a_dashboard(known: Mapping[str, frozenset[str]]):
    """Every number of practices and models, and every other one but sums of histograms."""
    shown = {
        name for path in DASHBOARDS for query in queries(json.loads(path.read_text()))
        for name in NAME.findall(query)
    }  # fmt: skip
    shown |= {name for rule in RULES for name in NAME.findall(rule["expr"])}
    left = {name for name in known if name not in shown and not name.endswith(("_sum", "_count"))}
    assert left == set()
    assert set(GAUGES) <= shown


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sum(rate(bailey_request_total[5m]))", "no such number: bailey_request_total"),
        ('max(bailey_runs{status="queued"})', "bailey_runs has no label status"),
        ("max by (practise) (bailey_model_drift)", "no number of the query has the label practise"),
        ("bailey:errors:ratio2h", "no such number: bailey:errors:ratio2h"),
    ],
)
def test_a_query_for_what_nobody_tells_is_found(
    query: str, said: str, known: Mapping[str, frozenset[str]]
):
    """A number, a label and a group that are misspelt."""
    assert faults_of(query, known, RECORDED) == [said]


def test_the_queue_that_scales_workers_is_told(known: Mapping[str, frozenset[str]]):
    """The rule of the adapter asks for it under the name that the autoscaler uses."""
    (rule,) = yaml.safe_load((FOLDER / "adapter.yaml").read_text())["rules"]["external"]
    assert faults_of(rule["metricsQuery"], known, RECORDED) == []
    asked = (ROOT / "deploy/kubernetes/overlays/production/autoscaling.yaml").read_text()
    assert f"name: {rule['name']['as']} " in asked
