"""The nouns that the features exchange: frozen models, each with a version where it reaches a file."""
