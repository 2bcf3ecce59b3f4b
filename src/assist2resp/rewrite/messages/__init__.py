"""Listed messages: where they go and what is read of them."""
