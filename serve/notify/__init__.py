"""What patients are told of their visits: what, when, by which channel, in which words."""
