"""A practice's history: its own appointments and what it imported, as the forecasts' tables."""
