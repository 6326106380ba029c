"""Events sent to programs of a practice: signed, kept until delivered, and sent again on demand."""
