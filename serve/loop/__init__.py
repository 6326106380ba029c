"""The loop closed in simulated time: learn, optimise, publish, book, run the days, learn again.

Everything goes through the API of an embedded service, as a practice's own programs would do it.
No patient in it exists, and no visit took place.
"""
