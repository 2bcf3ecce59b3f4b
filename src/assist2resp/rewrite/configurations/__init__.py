"""Assistants as configuration in code."""
