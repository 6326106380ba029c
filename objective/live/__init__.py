"""The rest of a clinic day that runs, from what has been observed of it."""
