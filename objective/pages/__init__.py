"""Pages of figures, which all packages write alike; they need plotly and Jinja."""
