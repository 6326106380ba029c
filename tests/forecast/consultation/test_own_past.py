"""What a patient's earlier consultations tell."""

import numpy as np
import pandas as pd
import pytest

from forecast.consultation.own_past import NAMES, own_past

PAST = pd.DataFrame(
    {
        "patient_id": ["a", "b", "a", "a", "c"],
        "started_at": pd.to_datetime(
            ["2024-01-01 09:00", "2024-01-01 09:20", "2024-01-03 09:00", "2024-01-08 09:00",
             "2024-01-08 10:00"]
        ),
    }
)  # fmt: skip
RATIOS = np.array([0.3, -0.2, 0.5, 0.1, 9.0])


def of(patient: str, moment: str) -> list[float]:
    """Return what is known of one case."""
    case = pd.DataFrame({"patient_id": [patient], "started_at": [pd.Timestamp(moment)]})
    return own_past(case, PAST, RATIOS, prior=2.0)[list(NAMES)].iloc[0].tolist()


def test_earlier_consultations_are_shrunk_towards_everybody_s():
    """Two ratios of 0.3 and 0.5 count 2 / (2 + 2) of their mean."""
    assert of("a", "2024-01-05 14:00") == pytest.approx([0.8 / 4, 0.5, 2, 2])


def test_nothing_of_the_same_day_counts():
    """Neither what ended earlier that day nor what is to come."""
    assert of("a", "2024-01-03 23:00") == pytest.approx([0.3 / 3, 0.3, 1, 2])
    assert of("c", "2024-01-08 23:59") == [0, 0, 0, 0]


def test_a_patient_without_a_past_is_like_all_others():
    """All is 0: also with an empty past."""
    assert of("nobody", "2024-02-01") == [0, 0, 0, 0]
    case = pd.DataFrame({"patient_id": ["a"], "started_at": [pd.Timestamp("2024-01-09")]})
    assert not own_past(case, PAST.iloc[:0], RATIOS[:0], 2.0).to_numpy().any()


def test_all_cases_at_once_are_as_one_by_one():
    """Bit by bit, whoever else is asked for or has a past."""
    generator = np.random.default_rng(0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 40, 300), "D")
    past = pd.DataFrame({"patient_id": generator.integers(0, 30, 300), "started_at": days})
    past = past.sort_values("started_at", kind="stable").reset_index(drop=True)
    ratios = generator.normal(size=300)
    together = own_past(past, past, ratios, 2.0)
    for row in range(0, 300, 7):
        alone = past["patient_id"] == past["patient_id"][row]
        single = own_past(past.iloc[[row]], past[alone], ratios[alone], 2.0)
        assert single.iloc[0].tolist() == together.iloc[row].tolist()


def test_the_last_consultation_of_a_day_counts_as_the_last():
    """Two on one day stay in the order of the table."""
    past = pd.concat([PAST, PAST.iloc[[3]]], ignore_index=True)
    case = pd.DataFrame({"patient_id": ["a"], "started_at": [pd.Timestamp("2024-01-09")]})
    found = own_past(case, past, np.append(RATIOS, -0.7), 2.0).iloc[0]
    assert found["own_last_log_ratio"] == -0.7
    assert found["own_consultations"] == 4
