"""The models of no-shows, a module for each."""
