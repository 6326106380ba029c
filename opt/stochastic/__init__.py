"""Two-stage stochastic programs for appointment times, on sampled days."""
