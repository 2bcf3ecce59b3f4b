"""The support module: the old surface over Responses and Conversations, written into the user's tree in one file."""
