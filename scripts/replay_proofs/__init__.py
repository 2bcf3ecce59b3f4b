"""Proofs of replay that take long: planted changes, coverage of the intervals, kills."""
