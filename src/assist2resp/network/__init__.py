"""HTTP for what reads from an API and what writes to one: access, pace, answers, and texts without secrets."""
