"""Public data sets, read from where they were downloaded to; none of them is part of Bailey."""
