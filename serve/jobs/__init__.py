"""Long work: runs that workers do, the queues that wake them, and what is done by the clock."""
