"""Networks that guess what schedules cost, so that the chain prices only the promising ones."""
