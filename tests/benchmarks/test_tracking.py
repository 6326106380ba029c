"""The record of benchmark runs: what fell is flagged, results are a page."""

from typing import Any

from tests.benchmarks.__main__ import compare, results


def run(**ratios: float) -> dict[str, Any]:
    """Return a stored run with some ratios."""
    return {
        "datetime": "2026-01-02T03:04:05",
        "commit_info": {"id": "0123456789abcdef"},
        "machine_info": {"cpu": {"brand_raw": "A processor"}, "python_version": "3.11"},
        "benchmarks": [
            {
                "name": name,
                "stats": {"median": 0.002},
                "extra_info": {"baseline": "a loop", "ratio": ratio, "target": 5},
            }
            for name, ratio in ratios.items()
        ],
    }


def test_a_ratio_that_fell_by_more_than_a_fifth_is_flagged():
    """Not one that fell less, rose, or is new."""
    last, now = run(one=10.0, two=10.0, three=10.0), run(one=7.9, two=8.1, three=12.0, new=1.0)
    assert compare(now, last) == ["one: ratio 7.90, was 10.00"]


def test_results_show_the_newest_run_and_all_ratios():
    """A row per benchmark, a row per run."""
    page = results([run(one=10.0), run(one=12.5)])
    assert "| one | 2.00 | a loop | 12.50 | 5 |" in page
    assert page.count("| 2026-01-02T03:04 | 0123456789 |") == 2
