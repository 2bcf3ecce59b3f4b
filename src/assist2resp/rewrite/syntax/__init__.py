"""LibCST trees without meaning: walking, scopes, edits, imports, printing."""
