"""Moves software and data from OpenAI's Assistants API to the Responses and Conversations APIs."""

__version__ = "0.1.0"
