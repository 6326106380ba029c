"""The rules of booking: the only writers of seats and appointments."""
