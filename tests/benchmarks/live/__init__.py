"""Speed of what is expected of days that run."""
