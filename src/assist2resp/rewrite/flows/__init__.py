"""Sites of the old API, which of them belong together, and how the program uses what passes between them."""
