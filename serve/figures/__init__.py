"""Figures of a practice: how its sessions are used, and how long people wait for them and there."""
