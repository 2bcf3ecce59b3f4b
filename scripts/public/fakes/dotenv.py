# mypy: ignore-errors
"""python-dotenv without files: the environment is what it is."""

import os


def load_dotenv(*_args, **_kwargs):
    return True


def find_dotenv(*_args, **_kwargs):
    return ""


def dotenv_values(*_args, **_kwargs):
    return dict(os.environ)
