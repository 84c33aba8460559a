"""Clocks in configuration files."""
