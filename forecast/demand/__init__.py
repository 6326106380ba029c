"""Demand: how many will ask for an appointment, or come without one, per day and per interval."""
