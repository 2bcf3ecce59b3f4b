"""One file a metric: a new file here is a new metric."""
