"""The overlays, rendered."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.tools import ROOT, needs, run

FOLDER = ROOT / "deploy/kubernetes"
OVERLAYS = ("embedded", "production", "gpu", "gpu-web", "ray")

Manifest = Mapping[str, Any]


def rendered(overlay: str, folder: Path = FOLDER) -> str:
    """Return an overlay as one text."""
    return run(needs("kubectl"), "kustomize", folder / "overlays" / overlay)


def manifests(text: str) -> list[Manifest]:
    """Return what is in a text."""
    return [one for one in yaml.safe_load_all(text) if one]


def pods(manifest: Manifest) -> Iterator[tuple[Manifest, Manifest]]:
    """Return the labels and the specification of each kind of pod that a manifest makes."""
    spec = manifest.get("spec", {})
    if manifest["kind"] in ("Deployment", "StatefulSet", "Job"):
        templates = [spec["template"]]
    elif manifest["kind"] == "CronJob":
        templates = [spec["jobTemplate"]["spec"]["template"]]
    elif manifest["kind"] == "RayJob":
        cluster = spec["rayClusterSpec"]
        groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
        templates = [spec["submitterPodTemplate"], *(one["template"] for one in groups)]
    else:
        templates = []
    for one in templates:
        yield one["metadata"]["labels"], one["spec"]
