"""Public data sets as histories; none of them ships: they are read from a folder of yours."""
