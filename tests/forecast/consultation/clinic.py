"""A made-up clinic whose consultations follow laws that are known."""

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.network import Trainer

#: Median minutes by visit type, and the standard deviation of the logarithm.
MEDIANS, SCALE = {"new": 16.0, "return": 11.0}, 0.4
SMALL: dict[str, dict[str, object]] = {
    "gradient_boosting": {"rounds": 60, "smallest_leaf": 20},
    "mixture_network": {"seeds": 2, "epochs": 3, "hidden": 8},
    "average": {
        "members": {
            "lognormal_regression": {},
            "gradient_boosting": {"rounds": 20, "smallest_leaf": 20},
            "mixture_network": {"seeds": 1, "epochs": 2, "hidden": 4},
        }
    },
}
TRAINER = Trainer(seed=3)


def clinic(
    sessions: int = 60, seed: int = 0, providers: tuple[str, ...] = ("ann", "bob")
) -> History:
    """Return lognormal consultations; every patient has a pace of their own."""
    generator = np.random.default_rng(seed)
    paces = generator.normal(0.0, 0.25, 150)
    rows = []
    for session in range(sessions):
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=session // 2)
        patients = generator.choice(len(paces), 14, replace=False)
        for rank, patient in enumerate(patients):
            kind = "new" if generator.random() < 0.4 else "return"
            logarithm = np.log(MEDIANS[kind]) + paces[patient] + SCALE * generator.normal()
            rows.append(
                {
                    "visit_id": f"v{len(rows)}",
                    "patient_id": f"p{patient}",
                    "provider": providers[session % len(providers)],
                    "visit_type": kind,
                    "session": f"s{session:03d}",
                    "started_at": day
                    + pd.Timedelta(hours=9 + 4 * (session % 2), minutes=13 * rank),
                    "minutes": float(np.exp(logarithm)),
                    "age": float(generator.integers(1, 90)),
                    "area": "north" if generator.random() < 0.5 else "south",
                }
            )
    table = pd.DataFrame(rows).sort_values("started_at", kind="stable").reset_index(drop=True)
    return History(consultations=table)
