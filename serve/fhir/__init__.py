"""The same practice in FHIR R4: what is free, booked and known, for programs that speak it.

The profile of IHE's ITI Scheduling: appointments are found, held and booked by ``$find``, ``$hold``
and ``$book`` (ITI-115 to ITI-117) or by plain REST; everything goes through `serve.booking`.

A session of a provider is a Schedule and each of its seats a Slot of its own, so that several
patients of one interval have several Slots, each of which can be booked: a Slot of R4 has no
capacity, and neither has R5's. An extension says for how many patients the interval is.
"""
