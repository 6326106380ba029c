"""A kubectl without a cluster: what is applied is kept in a file, and jobs run here as processes.

What needs no cluster is left to the real kubectl, whose path is in REAL_KUBECTL; the rest is what
the scripts ask for and no more. Containers get the environment of this machine, so that a job
migrates, backs up and restores a real database. STATE is the folder in which all is kept.
"""

import json
import os
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

STATE = Path(os.environ["STATE"])
ROOT = Path(__file__).parents[3]
PLURALS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "cronjobs": "CronJob"}


def load() -> dict[str, Any]:
    """Return what is in the cluster: objects by kind/name."""
    path = STATE / "cluster.json"
    return json.loads(path.read_text()) if path.exists() else {"objects": {}}


def selected(labels: dict[str, str], selector: str) -> bool:
    """Return whether labels are what a selector asks for."""
    for part in selector.split(","):
        if part.startswith("!"):
            if part[1:] in labels:
                return False
        else:
            name, sign, value = part.partition("!=" if "!=" in part else "=")
            if (labels.get(name) == value) != (sign == "="):
                return False
    return True


def run_job(job: dict[str, Any]) -> dict[str, Any]:
    """Run the container of a job; return its end and what it said."""
    if (STATE / "never_ends").exists():
        return {"conditions": [], "log": ""}
    (container,) = job["spec"]["template"]["spec"]["containers"]
    done = inside(container["args"])
    end = "Complete" if done.returncode == 0 else "Failed"
    return {"conditions": [{"type": end, "status": "True"}], "log": done.stdout + done.stderr}


def inside(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command of the image on this machine."""
    entry = ["sh", str(ROOT / "deploy/image/bailey"), *arguments]
    return subprocess.run(entry, capture_output=True, text=True)


def option(arguments: list[str], name: str) -> str | None:
    """Return an option's value, after it or behind an equals sign."""
    for place, one in enumerate(arguments):
        if one == name:
            return arguments[place + 1]
        if one.startswith(f"{name}="):
            return one.partition("=")[2]
    return None


def key_of(name: str) -> str:
    """Return kind/name as they are kept, from what a command calls them."""
    kind, _, rest = name.partition("/")
    return f"{kind.lower().removesuffix('.apps').removesuffix('.batch')}/{rest}"


def apply(cluster: dict[str, Any], arguments: list[str]) -> None:
    """Keep what is applied; run the jobs in it."""
    file = option(arguments, "--filename")
    text = sys.stdin.read() if file == "-" else Path(str(file)).read_text()
    selector = option(arguments, "--selector")
    for one in yaml.load_all(text, Loader=yaml.CSafeLoader):
        if one is None:
            continue
        labels = one["metadata"].get("labels", {})
        if selector is not None and not selected(labels, selector):
            continue
        key = f"{one['kind'].lower()}/{one['metadata']['name']}"
        if one["kind"] in ("Deployment", "StatefulSet"):
            one["spec"].setdefault("replicas", 1)
        if one["kind"] == "Job":
            one["status"] = run_job(one)
        cluster["objects"][key] = one
        print(f"{key} configured")


def told(one: dict[str, Any], path: str) -> str:
    """Return what the scripts ask of an object, by a path of JSON."""
    if path.startswith("{.status.conditions"):
        return " ".join(each["type"] for each in one["status"]["conditions"])
    if path == "{.spec.replicas}":
        return str(one["spec"]["replicas"])
    if path.startswith(annotation := "{.metadata.annotations."):
        name = path.removeprefix(annotation).removesuffix("}")
        return str(one["metadata"].get("annotations", {}).get(name, ""))
    return str(one["data"][path.removeprefix("{.data.").removesuffix("}")])


def get(cluster: dict[str, Any], arguments: list[str]) -> int:
    """Tell of one object, or the names of some."""
    what, output = arguments[1], option(arguments, "--output") or ""
    if what in ("secret", "configmap"):
        arguments = ["get", f"{what}/{arguments[2]}", *arguments[3:]]
    named = [
        one for one in takewhile(lambda one: not one.startswith("-"), arguments[1:]) if "/" in one
    ]
    for each in named:
        one = cluster["objects"].get(key_of(each))
        if one is None and "--ignore-not-found" in arguments:
            continue
        if one is None:
            print(f"Error from server (NotFound): {each} not found", file=sys.stderr)
            return 1
        if "jsonpath" in output:
            print(told(one, output.removeprefix("jsonpath=")), end="")
        else:
            print(each)
    if named:
        return 0
    selector = option(arguments, "--selector") or ""
    kinds = [PLURALS[name] for name in what.split(",") if name in PLURALS]
    for key, one in cluster["objects"].items():
        if one["kind"] in kinds and selected(one["metadata"].get("labels", {}), selector):
            print(key)
    return 0


def create_job(cluster: dict[str, Any], arguments: list[str]) -> int:
    """Make a job from that of a CronJob; run it, or only print it."""
    cron = cluster["objects"][key_of(str(option(arguments, "--from")))]
    job = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": arguments[2]},
        "spec": cron["spec"]["jobTemplate"]["spec"],
    }  # fmt: skip
    if option(arguments, "--dry-run") == "client":
        print(yaml.safe_dump(job))
        return 0
    job["status"] = run_job(job)
    cluster["objects"][f"job/{arguments[2]}"] = job
    return 0


def create_configmap(arguments: list[str]) -> int:
    """Print a ConfigMap with what is in a file and what is said."""
    file = str(option(arguments, "--from-file")).partition("=")
    literal = str(option(arguments, "--from-literal")).partition("=")
    data = {file[0]: Path(file[2]).read_text(), literal[0]: literal[2]}
    made = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": arguments[2]}, "data": data,
    }  # fmt: skip
    print(yaml.safe_dump(made))
    return 0


def change(cluster: dict[str, Any], arguments: list[str]) -> int:
    """Do one of the other commands."""
    match arguments:
        case ["delete", "job", name, *_]:
            cluster["objects"].pop(f"job/{name}", None)
        case ["rollout", "status", name, *_]:
            print(f"{name} successfully rolled out")
            return int((STATE / "never_ready").exists())
        case ["version", *_]:
            return int((STATE / "away").exists())
        case ["annotate", name, *given]:
            annotations = cluster["objects"][key_of(name)]["metadata"].setdefault("annotations", {})
            key, sign, value = given[-1].partition("=")
            if sign:
                annotations[key] = value
            else:
                del annotations[key.removesuffix("-")]
        case ["patch", name, "--patch", given]:
            cluster["objects"][key_of(name)]["spec"] |= json.loads(given)["spec"]
        case ["scale", name, replicas]:
            cluster["objects"][key_of(name)]["spec"]["replicas"] = int(replicas.split("=")[1])
        case ["logs", name, *_]:
            print(cluster["objects"][key_of(name)]["status"]["log"])
        case ["exec", _, "--container", "bailey", "--", "bailey", *command]:
            done = inside(command)
            print(done.stdout, end="")
            print(done.stderr, end="", file=sys.stderr)
            return done.returncode
        case _:
            print(f"nobody asks for: {arguments}", file=sys.stderr)
            return 64
    return 0


def main(arguments: list[str]) -> int:
    """Do a command."""
    alone = arguments[0] in ("config", "kustomize") or "--local" in arguments
    if alone:
        return subprocess.run([os.environ["REAL_KUBECTL"], *arguments]).returncode
    with (STATE / "said").open("a") as file:
        file.write(" ".join(arguments) + "\n")
    while arguments[0].startswith("--"):
        arguments = arguments[1:] if "=" in arguments[0] else arguments[2:]
    arguments = [one for one in arguments if not one.startswith("--request-timeout")]
    cluster = load()
    if arguments[0] == "apply":
        apply(cluster, arguments)
        status = 0
    elif arguments[0] == "get":
        status = get(cluster, arguments)
    elif arguments[:2] == ["create", "job"]:
        status = create_job(cluster, arguments)
    elif arguments[:2] == ["create", "configmap"]:
        status = create_configmap(arguments)
    else:
        status = change(cluster, arguments)
    # Whoever looks at it meanwhile, or kills this process, finds it whole.
    new = STATE / f"cluster.{os.getpid()}"
    new.write_text(json.dumps(cluster))
    new.replace(STATE / "cluster.json")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
