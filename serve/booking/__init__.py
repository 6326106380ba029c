"""The rules of booking, the only writers of seats and appointments.

They are plain functions of a transaction, which neither commit nor know the web.
"""
