"""The pieces of the support module: each is a real module here, and `shake` joins those in use into the user's one file.

A piece runs on Python 3.9 and openai 1.103, and imports nothing but those two and other pieces. Names that users call
are public; all others begin with an underscore. `# region NAME` … `# endregion` marks what goes when NAME is unused.
"""
