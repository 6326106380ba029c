"""What patients are told of their visits."""
