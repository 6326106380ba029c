"""Fixtures that all tests share."""

import gc
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from objective import ClinicSession, ServiceTime, Weights
from tests.postgres import private_server
from tests.routes import compile_routes_once

TESTS = Path(__file__).parent

# Two threads on a busy small machine are several times slower than one.
torch.set_num_threads(1)
compile_routes_once()


def pytest_collection_finish() -> None:
    """Keep what was imported out of every later collection of garbage: a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's chromium."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing")
        pytest.skip("needs chromium: apt-get install chromium")
    return path


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """Where PostgreSQL's programs are."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing")
        pytest.skip("needs PostgreSQL: apt-get install postgresql, or BAILEY_TEST_POSTGRES_URL")
    return programs[-1]


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a PostgreSQL server: the one that is named, else a private one of this run."""
    named = os.environ.get("BAILEY_TEST_POSTGRES_URL")
    if named is not None:
        yield named
        return
    with private_server(request.getfixturevalue("postgres_programs")) as server:
        yield server.url


@pytest.fixture(scope="session")
def oracle() -> Any:
    """Read a file of numbers that were made independently."""

    def read(name: str) -> Any:
        return json.loads((TESTS / "oracles" / f"{name}.json").read_text())

    return read


DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.gpu)] * torch.cuda.is_available())]


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """Every device that there may be."""
    return str(request.param)


@pytest.fixture
def weights() -> Weights:
    """The weights of the outpatient-booking experiments."""
    return Weights(waiting=0.4, idle=0.2, tardiness=0.4)


@pytest.fixture
def four_patients() -> ClinicSession:
    """Four patients in six intervals that are easy to follow."""
    return ClinicSession(4, 6, 5.0, ServiceTime.exponential(9.0), no_show=0.1)


@pytest.fixture
def obp() -> ClinicSession:
    """The outpatient-booking experiments' session, Poisson consultations."""
    return ClinicSession(24, 48, 5.0, ServiceTime.poisson(9.0))


@pytest.fixture
def obp_exponential() -> ClinicSession:
    """The outpatient-booking experiments' session, exponential consultations."""
    return ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0))
