"""The repository itself: who imports whom, and what a wheel holds."""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def test_imports_run_one_way():
    """objective knows nobody, opt knows objective, nobody imports serve."""
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_objective_needs_torch_numpy_and_scipy_only():
    """Imported where everything else is missing."""
    code = (
        "import sys\n"
        "for name in ('pandas', 'deap', 'hydra', 'plotly', 'rich', 'jinja2', 'flask'):\n"
        "    sys.modules[name] = None\n"
        "import objective\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_examples_of_the_readme_run():
    """One after the other, as a reader would type them; the last times are those it states."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.S))
    assert code.count("import") >= 4
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "optimal" in done.stdout
    assert done.stdout.splitlines()[-1] == "(50.0, 90.0)"


def test_every_strategy_has_a_configuration_with_its_defaults():
    """conf/strategy and the registry name the same strategies and options."""
    from dataclasses import asdict

    from opt import STRATEGIES, make_strategy

    files = {path.stem: yaml.safe_load(path.read_text()) for path in ROOT.glob("conf/strategy/*")}
    assert set(files) == set(STRATEGIES)
    for name, options in files.items():
        assert options.pop("name") == name
        assert options == asdict(make_strategy(name))


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_runs_the_command(tmp_path: Path):
    """Built from the project, with the locked dependencies, away from the source."""
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("bailey-*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "requirements.lock", wheel]
    subprocess.run(install, check=True, capture_output=True, cwd=tmp_path)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-m", "opt"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Proved: no schedule of these 12 patients" in done.stdout
    assert list(tmp_path.glob("outputs/*/*/report.html"))
