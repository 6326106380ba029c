"""How long pages take to be made, and how much of each is sent."""
