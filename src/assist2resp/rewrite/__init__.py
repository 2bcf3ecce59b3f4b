"""The rewriter: Assistants API call sites in, working Responses code out, whole flows at a time."""
