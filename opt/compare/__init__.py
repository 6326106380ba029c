"""Comparing strategies over instances and seeds: ``python -m opt.compare``."""
