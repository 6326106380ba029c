"""Free seats beside appointments that stay where they are."""

from hypothesis import given
from hypothesis import strategies as st

from serve.booking.pinning import free_places


def test_a_pinned_seat_takes_a_place_of_its_interval():
    """Nothing else changes."""
    assert free_places([2, 0, 1, 1], []) == [2, 0, 1, 1]
    assert free_places([2, 0, 1, 1], [0, 2]) == [1, 0, 0, 1]


def test_without_a_place_the_nearest_free_one_is_left_out():
    """The earlier one of two that are as near."""
    assert free_places([1, 0, 1, 1], [1]) == [0, 0, 1, 1]
    assert free_places([1, 0, 0, 1], [2]) == [1, 0, 0, 0]
    # Interval 0 has one of its two pinned seats in a place; the other leaves out the next one.
    assert free_places([1, 1, 1], [0, 0]) == [0, 0, 1]
    # Pinned places are taken first, so that they are not left out for others.
    assert free_places([1, 0, 1], [0, 1]) == [0, 0, 0]


def test_more_pinned_seats_than_places_leave_none():
    """Nobody loses a seat."""
    assert free_places([1, 0], [1, 1, 1]) == [0, 0]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=8).flatmap(
        lambda schedule: st.tuples(
            st.just(schedule), st.lists(st.integers(0, len(schedule) - 1), max_size=8)
        )
    ),
    st.data(),
)
def test_the_number_stays_and_booking_changes_nothing(
    case: tuple[list[int], list[int]], data: st.DataObject
):
    """Free and pinned seats are as many as the schedule's; once a free one is booked, still."""
    schedule, pinned = case
    free = free_places(schedule, pinned)
    assert min(free) >= 0
    assert sum(free) == max(sum(schedule) - len(pinned), 0)
    assert all(left <= planned for left, planned in zip(free, schedule, strict=True))
    if sum(free):
        booked = data.draw(st.sampled_from([one for one, count in enumerate(free) if count]))
        after = free_places(schedule, [*pinned, booked])
        assert after == [count - (one == booked) for one, count in enumerate(free)]
