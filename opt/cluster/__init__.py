"""The way past one process: actors of a Ray cluster, on this machine or on many."""
