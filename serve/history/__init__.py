"""The practice's history, as forecasts learn from it."""
