"""What is learnt from past sessions."""

import numpy as np
import pytest
from scipy import stats

from objective import InvalidInput
from opt.replay.fitting import fit, fitted_law, kinds_of
from opt.replay.past_sessions import PastSession


def past(minutes: list[float], kinds: list[str], came: list[bool] | None = None) -> PastSession:
    """Return a session."""
    return PastSession(
        "a", "1", np.array(minutes), np.array(came or [True] * len(minutes)), None, None,
        {"visit_type": tuple(kinds)},
    )  # fmt: skip


def test_laws_of_greatest_likelihood_are_scipy_s():
    """Mean and coefficient of variation of the fitted gamma and lognormal laws."""
    minutes = np.random.default_rng(1).gamma(3.0, 4.0, 500)
    shape, _, scale = stats.gamma.fit(minutes, floc=0)
    law = fitted_law(minutes, "gamma")
    assert law.mean == pytest.approx(shape * scale, rel=1e-4)
    assert law.cv == pytest.approx(shape**-0.5, rel=1e-4)
    sigma, _, median = stats.lognorm.fit(minutes, floc=0)
    law = fitted_law(minutes, "lognormal")
    assert law.mean == pytest.approx(stats.lognorm(sigma, scale=median).mean(), rel=1e-4)
    assert law.cv == pytest.approx(np.sqrt(np.expm1(sigma**2)), rel=1e-4)
    assert fitted_law(minutes, "empirical").mean == pytest.approx(minutes.mean())


def test_classes_have_laws_and_no_shows_of_their_own():
    """A class that is too rare is like all patients; so is one never seen."""
    sessions = [past([20.0, 10.0, 99.0], ["new", "return", "rare"], [True, k % 2 == 0, True])
                for k in range(60)]  # fmt: skip
    found = fit(sessions[:40], "empirical", "visit_type")
    assert set(found.types) == {"new", "rare"}
    found = fit(sessions, "empirical", "visit_type")
    new, known = found.types["new"], found.types["return"]
    assert new.service_time is not None
    assert (new.service_time.mean, new.no_show) == (20.0, 0.0)
    assert known.no_show == pytest.approx(0.5)
    assert found.no_show == pytest.approx(1 / 6)
    assert found.types_of(["odd", "new"])["odd"].service_time is None


def test_parts_of_a_session_hold_equally_many_patients():
    """The first and the last half of four patients."""
    session = past([1.0] * 4, ["new", "new", "return", "new"])
    assert kinds_of(session, None, 2) == (
        "patient, part 1 of 2", "patient, part 1 of 2",
        "patient, part 2 of 2", "patient, part 2 of 2",
    )  # fmt: skip
    assert kinds_of(session, "visit_type", 1) == ("new", "new", "return", "new")


@pytest.mark.parametrize(
    ("sessions", "law", "column", "message"),
    [
        ([past([0.0, 3.0], ["a", "a"])], "gamma", None, "replay.law is 'gamma, for consultations"),
        ([past([3.0, 3.0], ["a", "a"])], "lognormal", None, "empirical where some are 0 or all"),
        ([past([3.0], ["a"], [False])], "empirical", None, "came is 'nobody'"),
        ([past([3.0], ["a"])], "normal", None, "replay.law is 'normal'"),
        ([past([3.0], ["a"])], "empirical", "patient_class", "replay.classes is 'patient_class'"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    sessions: list[PastSession], law: str, column: str | None, message: str
):
    """By name."""
    with pytest.raises(InvalidInput, match=message):
        fit(sessions, law, column)  # type: ignore[arg-type]
