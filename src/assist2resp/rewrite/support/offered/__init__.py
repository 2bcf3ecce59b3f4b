"""The tests that the user gets for a support module: a template, of which `offer` takes what a module can do."""
