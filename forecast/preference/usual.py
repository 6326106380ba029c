"""The provider whom a patient usually sees, as far as earlier choices tell."""

from collections import Counter, defaultdict

import pandas as pd

from forecast.preference.occasions import Occasions

#: A column of offers that says it; where it is there, nothing is derived.
USUAL = "usual_provider"


def usual_providers(
    offers: pd.DataFrame, occasions: Occasions, past: pd.DataFrame | None
) -> list[str]:
    """Return each occasion's patient's usual provider, (occasions,); empty where none is known.

    It is the provider of most of the seats that the patient took on strictly earlier occasions,
    and among equals the one of the latest.

    Parameters
    ----------
    offers
        The rows of the occasions.
    past
        Offers with what was chosen; those that are not earlier than an occasion are left out.
    """
    if USUAL in offers:
        given = dict(zip(occasions.of.tolist(), offers[USUAL].fillna(""), strict=True))
        return [str(given[number]) for number in range(occasions.count)]
    if past is None or not len(past):
        return [""] * occasions.count
    chosen = past["chosen"].to_numpy(bool) & past["patient_id"].isin(occasions.patients).to_numpy()
    taken = past[chosen].sort_values(["offered_at", "offer_id"], kind="stable")
    choices = list(zip(taken["offered_at"], taken["patient_id"], taken["provider"], strict=True))
    asked = sorted(range(occasions.count), key=lambda number: occasions.offered_at[number])
    seen: dict[object, Counter[str]] = defaultdict(Counter)
    latest: dict[object, dict[str, int]] = defaultdict(dict)
    found, done = [""] * occasions.count, 0
    for number in asked:
        moment, patient = occasions.offered_at[number], occasions.patients[number]
        while done < len(choices) and choices[done][0] < moment:
            _, who, provider = choices[done]
            seen[who][provider] += 1
            latest[who][provider] = done
            done += 1
        if patient in seen:
            count, order = seen[patient], latest[patient]
            found[number] = str(max(count, key=lambda one: (count[one], order[one])))
    return found
