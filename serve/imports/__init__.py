"""Importing what a practice has elsewhere: providers, patients, appointments and history."""
