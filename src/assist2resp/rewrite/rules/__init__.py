"""One file per rule; each file is found by its being here."""
