"""Backups that either database can be restored from: a zip of plain rows with their hashes."""
