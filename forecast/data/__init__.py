"""What a clinic recorded: its tables, how they are read and checked, and how time divides them."""
