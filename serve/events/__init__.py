"""What happens in a practice, told in order to whoever listens."""
