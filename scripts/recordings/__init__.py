"""Recorded HTTP traffic of OpenAI's two APIs, sent again to the sandbox and compared with what it answers."""
