"""Models in configuration files."""
