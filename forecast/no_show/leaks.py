"""Whether a forecast is too good to be true."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from forecast.no_show.features import Features
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers


def leak_sentences(
    options: Options, scores: pd.DataFrame, features: Features, missed: Numbers
) -> tuple[str, ...]:
    """Return a warning for each model that is better than an honest one can be expected to be.

    Parameters
    ----------
    options
        With the limits.
    scores
        (models, scores).
    features, missed
        What the models looked at, and what came of it, (cases,).
    """
    sentences = []
    for column, limit, of in (
        ("AUC", options.alarm_auc, "all appointments"),
        ("AUC ahead", options.alarm_auc_ahead, "those booked ahead"),
    ):
        if column not in scores:
            continue
        for name, value in scores[column].items():
            if value > limit:
                sentences.append(
                    f"Warning: {str(name).replace('_', ' ')} reaches an AUC of {value:.3f} on {of},"
                    f" above {limit:g}. Take it for a leak of outcomes until it is shown otherwise."
                )
    if sentences:
        name, value = _most_telling(features, missed)
        sentences.append(
            f"The column that tells most by itself is {name}, with an AUC of {value:.3f}."
        )
    return tuple(sentences)


def _most_telling(features: Features, missed: Numbers) -> tuple[str, float]:
    """Return the column that by itself tells the outcomes apart best, and its AUC."""
    telling = {}
    for name, values in features.numbers.items():
        known = np.nan_to_num(values, nan=float(np.nanmedian(values)))
        telling[name] = _either_way(missed, known)
    for name, texts in features.categories.items():
        share = pd.Series(missed).groupby(texts).transform("mean").to_numpy(np.float64)
        telling[name] = _either_way(missed, share)
    best = max(telling, key=lambda name: telling[name])
    return best, telling[best]


def _either_way(missed: Numbers, values: Numbers) -> float:
    auc = float(roc_auc_score(missed, values))
    return max(auc, 1 - auc)
