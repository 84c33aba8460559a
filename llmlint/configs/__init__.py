"""Configuration files: which models they name."""
