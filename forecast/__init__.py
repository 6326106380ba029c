"""What a session's inputs will be, learned from a clinic's own history."""
