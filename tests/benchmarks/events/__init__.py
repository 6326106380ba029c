"""How late events are while many listen and others book."""
