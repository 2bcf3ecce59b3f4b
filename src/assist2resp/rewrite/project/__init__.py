"""The user's tree: its files, which of them can matter, and what their imports mean."""
