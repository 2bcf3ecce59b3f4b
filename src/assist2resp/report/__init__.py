"""Says in a pull request, a page or a pipeline what the other verbs left in files: findings, archives and runs."""
