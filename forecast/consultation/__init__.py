"""How long consultations take: a law for each, by visit type, provider and what is known of it."""
