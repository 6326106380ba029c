"""Replay of sessions that took place: what other schedules would have led to."""
