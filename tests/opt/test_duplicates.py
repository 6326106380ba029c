"""Equal schedules are found and priced once."""

import torch
from torch import Tensor

from opt import duplicates
from opt.duplicates import distinct, first_occurrences, is_new, price_once
from tests.cases import random_schedules


def _slowly(schedules: Tensor) -> list[int]:
    rows = [tuple(row) for row in schedules.tolist()]
    return [rows.index(row) for row in rows]


def test_equal_rows_are_found():
    """As by comparing every row with all before it."""
    for seed in range(20):
        schedules = random_schedules(200, 3, 5, seed)
        assert first_occurrences(schedules).tolist() == _slowly(schedules)
    assert first_occurrences(schedules[:0]).tolist() == []


def test_equal_rows_are_found_wherever_they_are_hashed(monkeypatch):
    """A large population is hashed in parts, which changes nothing."""
    schedules = random_schedules(200, 3, 5)
    whole = first_occurrences(schedules)
    monkeypatch.setattr(duplicates, "HASHED_AT_ONCE", 7)
    assert first_occurrences(schedules).equal(whole)


def test_rows_with_equal_hashes_are_not_taken_for_each_other(monkeypatch):
    """With a hash that is nought for all rows."""
    monkeypatch.setattr(
        duplicates, "_factors", lambda intervals, device: torch.zeros(intervals, dtype=torch.int64)
    )
    schedules = random_schedules(50, 3, 4)
    first = first_occurrences(schedules)
    assert schedules[first].equal(schedules)


def test_different_rows_come_once_in_their_order():
    """Every row is found again at its place, and news are what a set would call new."""
    schedules = random_schedules(200, 3, 5)
    kept, place = distinct(schedules)
    assert kept[place].equal(schedules)
    assert list(map(tuple, kept.tolist())) == list(dict.fromkeys(map(tuple, schedules.tolist())))
    known, seen = schedules[:50], set(map(tuple, schedules[:50].tolist()))
    for row, new in zip(schedules[50:].tolist(), is_new(schedules[50:], known), strict=True):
        assert bool(new) == (tuple(row) not in seen)
        seen.add(tuple(row))


def test_only_what_is_new_is_priced():
    """Once each, and the known costs are taken over."""
    every = random_schedules(300, 3, 5, 1)
    known, schedules = every[:100], every[100:]
    seen: list[tuple[int, ...]] = []

    def price(some: Tensor) -> Tensor:
        seen.extend(map(tuple, some.tolist()))
        return (some * torch.arange(5)).sum(1).double()

    costs, number = price_once(known, price(known), schedules, price)
    new = seen[100:]
    assert costs.equal((schedules * torch.arange(5)).sum(1).double())
    assert number == len(new) == len(set(new))
    assert set(new) == set(map(tuple, schedules.tolist())) - set(map(tuple, known.tolist()))
    again, number = price_once(schedules, costs, schedules, price)
    assert again.equal(costs)
    assert number == 0
