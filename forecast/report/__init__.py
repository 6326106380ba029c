"""What is shown of what was forecast: tables on the terminal, figures and pages."""
