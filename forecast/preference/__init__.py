"""Which of the seats offered a patient takes, if any: choices, and the acceptance of a seat."""
