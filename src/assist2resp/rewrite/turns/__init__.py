"""Turns: the message and the run that answers it, failed ones too, and what they become."""
