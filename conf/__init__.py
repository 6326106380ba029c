"""Configuration, composed by Hydra."""
