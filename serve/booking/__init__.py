"""The rules of booking: plain functions of a transaction that neither commit nor know the web."""
