"""What the commands of all packages have in common; they need Hydra and rich."""
