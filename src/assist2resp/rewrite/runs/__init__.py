"""Runs: where they are made, waited for and answered, and what is left of the loops that waited."""
