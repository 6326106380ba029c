"""Patients who search seats and book them, all at once."""
