"""Visit types and providers, and what stands in for them."""

import numpy as np
import pandas as pd

from forecast.consultation.groups import Groups


def cases(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Return so many cases of each type and provider."""
    repeated = [row[:2] for row in rows for _ in range(row[2])]
    return pd.DataFrame(repeated, columns=["visit_type", "provider"])


KNOWN = cases(("new", "ann", 40), ("return", "ann", 50), ("new", "bob", 10), ("return", "bob", 5))


def test_the_smallest_group_with_enough_consultations_is_taken():
    """Both, else the type, else the provider, else all."""
    groups = Groups.of(KNOWN, 30)
    asked = cases(("new", "ann", 1), ("new", "bob", 1), ("x", "ann", 1), ("x", "bob", 1))
    found = [groups.keys[place] for place in groups.place(asked)]
    assert found == [("new", "ann"), ("new", None), (None, "ann"), (None, None)]


def test_the_members_of_a_group_are_all_of_its_type_and_provider():
    """Also those that have a smaller group of their own."""
    groups = Groups.of(KNOWN, 30)
    sizes = {
        key: int(rows.sum()) for key, rows in zip(groups.keys, groups.members(KNOWN), strict=True)
    }
    assert sizes[("new", "ann")] == 40
    assert sizes[("new", None)] == 50
    assert sizes[(None, "ann")] == 90
    assert sizes[(None, None)] == 105
    assert groups.keys[-1] == (None, None)


def test_few_consultations_are_one_group():
    """Then all cases are placed in it."""
    groups = Groups.of(KNOWN, 1_000)
    assert groups.keys == ((None, None),)
    assert not np.any(groups.place(KNOWN))


def test_groups_are_kept_as_plain_names():
    """They come back as they were."""
    groups = Groups.of(KNOWN, 30)
    assert Groups.from_list(groups.to_list()) == groups
