"""Where projects say which version of openai they need, and what the new code needs."""
