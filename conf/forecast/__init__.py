"""Configuration of the forecasts."""
