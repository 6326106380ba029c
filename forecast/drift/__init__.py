"""Whether what a model looks at has changed since it learned, and whether it is still right."""
