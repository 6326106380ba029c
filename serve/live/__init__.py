"""Days that run: how they are expected to go on, and what patients and staff are told of it."""
