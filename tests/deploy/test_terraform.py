"""The infrastructure on AWS: its form, its variables, and its plans against a mocked provider."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hcl2
import pytest

from tests.deploy.tools import needs, ran, run

SOURCE = Path(__file__).parents[2] / "deploy" / "terraform"
#: Where a copy of the provider may lie, unless BAILEY_TERRAFORM_PLUGINS says where.
PLACES = (Path("/opt"), Path("/usr/share/terraform"), Path.home() / ".terraform.d" / "plugins")
#: How deep below such a place: plugins/host/namespace/aws/version/platform/terraform-provider-aws.
DEPTH = 7
MAKER = "hashicorp"
PATIENCE = 600
#: What could go wrong: the file, the tests that have to notice, what it says, and what it must not.
FAULTS = {
    "a database that is not encrypted": (
        "database.tf", "database", "storage_encrypted     = true", "storage_encrypted     = false",
    ),
    "a database in one zone": (
        "database.tf", "database",
        "multi_az               = true", "multi_az               = false",
    ),
    "connections of an old TLS": ("database.tf", "database", '"TLSv1.2"', '"TLSv1"'),
    "a public interface": ("cluster.tf", "cluster", "length(var.api_cidrs) > 0\n", "true\n"),
    "a taint that is a wish": ("nodes.tf", "nodes", '"NO_SCHEDULE"', '"PREFER_NO_SCHEDULE"'),
    "credentials of the node in a pod": ("nodes.tf", "nodes", "hop_limit = 1", "hop_limit = 2"),
    "a disk that is not encrypted": (
        "nodes.tf", "nodes", "encrypted             = true", "encrypted             = false",
    ),
    "buckets without versions": (
        "storage.tf", "storage", 'status = "Enabled"\n  }', 'status = "Suspended"\n  }',
    ),
    "a log bucket that can be made public": (
        "storage_logs.tf", "storage",
        "block_public_policy     = true", "block_public_policy     = false",
    ),
    "pods that delete": (
        "identity.tf", "identity", '"s3:PutObject", ', '"s3:PutObject", "s3:DeleteObject", ',
    ),
    "an operator of all secrets": ("secrets.tf", "identity", "[local.database_secret, ", '["*", '),
    "settings that the service does not take": (
        "outputs.tf", "outputs", "BAILEY_BACKUPS=s3://", "BAILEY_BACKUPS=",
    ),
    "nodes without the database's badge": (
        "nodes.tf", "apply", "    aws_security_group.nodes.id,\n", "",
    ),
}  # fmt: skip


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run terraform in a folder, free of what the user has set for it; skip where it is missing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        [needs("terraform"), f"-chdir={folder}", *arguments],
        env={**environment, "CHECKPOINT_DISABLE": "1"},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


def plugins() -> Path:
    """Return the folder of a copy of the AWS provider; skip the test where there is none."""
    given = os.environ.get("BAILEY_TERRAFORM_PLUGINS")
    for place in [Path(given)] if given else PLACES:
        for folder, folders, files in os.walk(place):
            if any(name.startswith("terraform-provider-aws_") for name in files):
                # Unpacked or not, it lies below the folder of a host and that of its maker.
                hosts = [above.parent for above in Path(folder).parents if above.name == MAKER]
                if hosts:
                    return hosts[0].parent
            if len(Path(folder).relative_to(place).parts) >= DEPTH:
                folders.clear()
    pytest.skip("needs a copy of the AWS provider: set BAILEY_TERRAFORM_PLUGINS to its folder")


def copied(folder: Path) -> Path:
    """Copy what is committed, and nothing of what was planned or applied with it."""
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "plan", "backend.hcl")
    shutil.copytree(SOURCE, folder, ignore=ignored)
    for own in folder.glob("*.tfvars"):
        own.unlink()
    return folder


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with its provider: to start it takes seconds."""
    folder = copied(tmp_path_factory.mktemp("terraform") / "copy")
    done = terraform(folder, "init", "-no-color", "-backend=false", f"-plugin-dir={plugins()}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def faulty(initialised: Path) -> Iterator[Path]:
    """The copy, to plant a fault in; it is put right afterwards."""
    kept = {path: path.read_text() for path in initialised.glob("*.tf")}
    yield initialised
    for path, text in kept.items():
        path.write_text(text)


def replaced(path: Path, old: str, new: str) -> None:
    """Replace what a file says exactly once."""
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def blocks(folder: Path, pattern: str, kind: str) -> dict[str, dict[str, object]]:
    """Return the contents of all blocks of a kind with one label, by that label."""
    return {
        label.strip('"'): contents
        for path in sorted(folder.glob(pattern))
        for block in hcl2.loads(path.read_text()).get(kind, [])
        for label, contents in block.items()
    }


def incomplete_variables(folder: Path) -> list[str]:
    """Return what variables lack of a type, a description and a validation that says something."""
    lacking = []
    for name, contents in blocks(folder, "*.tf", "variable").items():
        lacking += [
            f"{name}: {part}"
            for part in ("type", "description", "validation")
            if not contents.get(part)
        ]
        lacking += [
            f"{name}: error_message"
            for validation in contents.get("validation", [])
            if not validation["error_message"].strip('"').startswith(f"{name} must be ")
        ]
    return lacking


def untested_variables(folder: Path) -> set[str]:
    """Return the variables whose refusal no run expects."""
    expected = {
        name
        for run in blocks(folder, "tests/*.tftest.hcl", "run").values()
        for failure in run.get("expect_failures", [])
        for name in re.findall(r"var\.(\w+)", failure)
    }
    return set(blocks(folder, "*.tf", "variable")) - expected


def test_every_variable_has_a_type_a_description_and_a_validation():
    """Whose message begins with what the variable must be."""
    assert len(blocks(SOURCE, "*.tf", "variable")) >= 20
    assert incomplete_variables(SOURCE) == []


def test_an_unvalidated_variable_is_found(tmp_path: Path):
    """By its name and by what it lacks."""
    folder = copied(tmp_path / "copy")
    text = 'variable "planted" {\n  type = string\n}\n'
    (folder / "planted.tf").write_text(text)
    assert incomplete_variables(folder) == ["planted: description", "planted: validation"]
    assert untested_variables(folder) == {"planted"}


def test_every_variable_is_seen_to_refuse_something():
    """In a run that expects it."""
    assert untested_variables(SOURCE) == set()


def test_no_output_is_a_secret():
    """What is printed can be kept beside the manifests."""
    outputs = blocks(SOURCE, "*.tf", "output")
    assert {"cluster_env", "database_secret_arn", "cluster_name", "kubeconfig_command"} <= set(
        outputs
    )
    for name, contents in outputs.items():
        assert "sensitive" not in contents, name
        assert "password" not in str(contents["value"]), name


def test_all_files_are_formatted(tmp_path: Path):
    """As terraform fmt would write them."""
    done = terraform(copied(tmp_path / "copy"), "fmt", "-no-color", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_unformatted_file_is_found(tmp_path: Path):
    """By its name."""
    folder = copied(tmp_path / "copy")
    (folder / "planted.tf").write_text('locals {\n planted="x"\n}\n')
    done = terraform(folder, "fmt", "-no-color", "-check", "-recursive")
    assert done.returncode == 3
    assert done.stdout.split() == ["planted.tf"]


def test_the_configuration_is_valid(initialised: Path):
    """With the provider's own schema, and without a warning."""
    done = terraform(initialised, "validate", "-no-color")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stdout + done.stderr


@pytest.mark.slow
def test_checkov_finds_nothing_that_is_not_explained(tmp_path: Path):
    """The exceptions, with their reasons, are beside what they are about."""
    command = [needs("checkov"), "--framework", "terraform", "--compact", "--quiet", "--directory"]
    environment = {**os.environ, "BC_SKIP_MAPPING": "TRUE"}
    folder = copied(tmp_path / "copy")
    run(*command, folder, env=environment)
    (folder / "planted.tf").write_text('resource "aws_s3_bucket" "planted" {\n  bucket = "x"\n}\n')
    found = ran(*command, folder, env=environment)
    assert found.returncode == 1
    assert "aws_s3_bucket.planted" in found.stdout
    reasons = [
        line for path in SOURCE.glob("*.tf") for line in path.read_text().splitlines()
        if "checkov:skip" in line
    ]  # fmt: skip
    assert reasons
    assert all(re.search(r"checkov:skip=\w+:.{20}", line) for line in reasons)


@pytest.mark.slow
def test_its_own_tests_pass(initialised: Path):
    """All of them, and none is left out."""
    done = terraform(initialised, "test", "-no-color")
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    runs = blocks(SOURCE, "tests/*.tftest.hcl", "run")
    assert f"Success! {len(runs)} passed, 0 failed." in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(faulty: Path, fault: str):
    """By the tests of what it is in."""
    file, tests, right, wrong = FAULTS[fault]
    replaced(faulty / file, right, wrong)
    done = terraform(faulty, "test", "-no-color", f"-filter=tests/{tests}.tftest.hcl")
    assert done.returncode == 1, done.stdout
    assert "Test assertion failed" in done.stdout + done.stderr
