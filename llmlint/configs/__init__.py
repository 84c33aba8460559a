"""Configuration files: which models they name, who watches the bill."""
