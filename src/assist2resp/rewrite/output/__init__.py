"""What goes back into the user's tree: files written whole, and diffs."""
