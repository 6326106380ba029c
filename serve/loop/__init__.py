"""The loop closed in simulated time: forecast, optimise, publish, book, run the days, learn again.

A made-up practice lives through a quarter three times: planned by Bailey, by the individual rule
and by that of Bailey and Welch, with the same patients, visits and consultations. Everything goes
through the API of an embedded service, as a practice's own programs would do it.
"""
