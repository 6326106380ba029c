"""Every overlay is rendered, valid for two versions of Kubernetes, and as safe as it says."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from serve.settings import settings_from
from tests.deploy.kubernetes.overlays import FOLDER, OVERLAYS, manifests, pods, rendered
from tests.deploy.tools import needs, ran, run

#: The oldest and the newest version that is promised.
VERSIONS = ("1.33", "1.36")
#: What others read: the image's entry, gunicorn and the cloud's library.
OTHERS = {"BAILEY_BACKUPS", "BAILEY_MODELS", "BAILEY_THREADS", "WEB_CONCURRENCY", "AWS_REGION"}
RAY_JOB = json.loads((Path(__file__).parent / "ray_job.json").read_text())


def validated(text: str, folder: Path, version: str) -> Any:
    """Validate manifests strictly: no field that Kubernetes does not know; return how it ended.

    A RayJob is of a resource that Kubernetes does not know by itself: its own fields are checked by
    a schema here, and each of its pods as a pod.
    """
    path = folder / "rendered.yaml"
    known = []
    for one in manifests(text):
        if one["kind"] != "RayJob":
            known.append(one)
            continue
        jsonschema.validate(one, RAY_JOB)
        for number, (labels, spec) in enumerate(pods(one)):
            metadata = {"name": f"{one['metadata']['name']}-{number}", "labels": labels}
            known.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    path.write_text(yaml.safe_dump_all(known))
    return ran(needs("kubernetes-validate"), "-k", version, "--strict", path)


def audited(folder: Path, text: str) -> Any:
    """Let checkov look at manifests; return how it ended."""
    (folder / "audited").mkdir(exist_ok=True)
    (folder / "audited/rendered.yaml").write_text(text)
    return ran(
        needs("checkov"), "--config-file", FOLDER / "checkov.yaml",
        "--directory", folder / "audited", env={**os.environ, "BC_SKIP_MAPPING": "TRUE"},
    )  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlays_are_valid(overlay: str, version: str, tmp_path: Path):
    """Strictly, and all of what they hold is known."""
    done = validated(rendered(overlay), tmp_path, version)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Couldn't find schema" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_checkov_finds_nothing_that_is_not_explained(overlay: str, tmp_path: Path):
    """The exceptions, with their reasons, are in its configuration."""
    done = audited(tmp_path, rendered(overlay))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_confined_and_bounded(overlay: str):
    """Not root, a root file system that is read only, limits, and no token of the cluster."""
    found = [pod for one in manifests(rendered(overlay)) for pod in pods(one)]
    assert found
    for _, spec in found:
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in (*spec["containers"], *spec.get("initContainers", [])):
            confined = one["securityContext"]
            assert confined["readOnlyRootFilesystem"] is True, one["name"]
            assert confined["allowPrivilegeEscalation"] is False
            assert confined["capabilities"]["drop"] == ["ALL"]
            for bound in ("requests", "limits"):
                assert {"cpu", "memory"} <= set(one["resources"][bound])
            mounts = {mount["name"] for mount in one["volumeMounts"]}
            claims = {"home"} if overlay == "embedded" else set()
            assert mounts <= {volume["name"] for volume in spec["volumes"]} | {"home"} | claims


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_are_referred_to_and_never_there(overlay: str):
    """No manifest is a secret, and no setting in sight is one."""
    for one in manifests(rendered(overlay)):
        assert one["kind"] != "Secret"
        if one["kind"] == "ConfigMap":
            for name in one["data"]:
                assert not name.endswith(("KEY", "TOKEN", "SECRET", "DATABASE_URL", "SMTP_URL"))


@pytest.mark.parametrize("overlay", ["embedded", "production", "gpu", "gpu-web"])
def test_the_settings_are_ones_of_the_service(overlay: str):
    """What each container is given is taken by the service as it starts."""
    made = manifests(rendered(overlay))
    (shared,) = (one["data"] for one in made if one["kind"] == "ConfigMap")
    seen = 0
    for _, spec in (pod for one in made for pod in pods(one)):
        for one in spec["containers"]:
            own = {each["name"]: each["value"] for each in one.get("env", [])}
            settings = settings_from({**shared, **own})
            known = {f"BAILEY_{name.upper()}" for name in vars(settings)} | OTHERS
            assert set(shared) | set(own) <= known
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_comes_in_or_goes_out_that_is_not_said(overlay: str):
    """All is denied; and every selector of a service, a budget or a policy meets a pod."""
    made = manifests(rendered(overlay))
    policies = {one["metadata"]["name"]: one["spec"] for one in made
                if one["kind"] == "NetworkPolicy"}  # fmt: skip
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = [dict(one) for each in made for one, _ in pods(each)]
    for one in made:
        spec = one.get("spec", {})
        selector = {
            "Service": spec.get("selector"),
            "PodDisruptionBudget": (spec.get("selector") or {}).get("matchLabels"),
        }.get(one["kind"])
        if selector and not (overlay == "ray" and one["kind"] == "Service"):
            assert any(selector.items() <= each.items() for each in labels), one["metadata"]["name"]


def test_gpus_are_where_they_are_asked_for():
    """Their nodes are tolerated and selected by pods that ask for one, and by no other."""
    for overlay, expected in (
        ("production", 0), ("gpu", 1), ("gpu-web", 1), ("ray", 1), ("embedded", 0)
    ):  # fmt: skip
        asking = 0
        for one in manifests(rendered(overlay)):
            for _, spec in pods(one):
                asks = any(
                    "nvidia.com/gpu" in each["resources"]["limits"] for each in spec["containers"]
                )
                keys = {each.get("key") for each in spec.get("tolerations", [])}
                assert ("nvidia.com/gpu" in keys) == asks
                assert (spec.get("nodeSelector") == {"bailey/gpu": "true"}) == asks
                asking += asks
        assert asking == expected, overlay


def test_workers_without_a_gpu_leave_searches_to_those_with_one():
    """For some seconds; whatever kind of run there is, somebody does it."""
    made = manifests(rendered("gpu"))
    arguments = {
        one["metadata"]["name"]: spec["containers"][0]["args"]
        for one in made for _, spec in pods(one)
    }  # fmt: skip
    assert arguments["worker"][-2:] == ["--after", "10"]
    assert "--after" not in arguments["gpu-worker"]
    kinds = {word for one in arguments.values() for word in one}
    assert {"optimisation", "frontier", "allocation", "forecast"} <= kinds


#: A fault, the text that is replaced by it, and who finds it.
FAULTS = {
    "a misspelt field": ("production/web.yaml", "livenessProbe", "livenesProbe", "schema"),
    "a number as a text": (
        "production/web.yaml", "GracePeriodSeconds: 90", 'GracePeriodSeconds: "90"', "schema"
    ),
    "a missing limit": (
        "production/events.yaml", 'limits: { cpu: "1", memory: 1Gi }', "limits: {}", "checkov"
    ),
    "a privileged container": (
        "production/worker.yaml", "          args: [worker",
        "          securityContext: { privileged: true }\n          args: [worker", "checkov",
    ),
    "a missing probe": (
        "production/web.yaml",
        "          readinessProbe:\n            httpGet: { path: /readyz, port: http }\n"
        "            periodSeconds: 5\n            timeoutSeconds: 5\n",
        "", "checkov",
    ),
    "a misspelt field of a RayJob": (
        "ray/atlas.yaml", "shutdownAfterJobFinishes", "shutdownAfterJobFinished", "ray"
    ),
    "a misspelt field in a pod of a RayJob": (
        "ray/multirun.yaml", "imagePullPolicy", "imagePullPolicies", "schema"
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(fault: str, tmp_path: Path):
    """By the check that is there for them."""
    path, right, wrong, finder = FAULTS[fault]
    folder = tmp_path / "kubernetes"
    shutil.copytree(FOLDER, folder)
    file = folder / "overlays" / path
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong, 1))
    overlay = path.split("/", 1)[0]
    made = run(needs("kubectl"), "kustomize", folder / "overlays" / overlay)
    if finder == "ray":
        with pytest.raises(jsonschema.ValidationError, match="shutdownAfterJobFinished"):
            validated(made, tmp_path, VERSIONS[0])
        return
    done = validated(made, tmp_path, VERSIONS[0]) if finder == "schema" else audited(tmp_path, made)
    assert done.returncode != 0, done.stdout + done.stderr
