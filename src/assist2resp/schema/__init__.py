"""The nouns that the features exchange: frozen pydantic models, each with a version where it reaches a file."""
