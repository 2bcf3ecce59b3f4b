"""Entry points for `python -m libcst.tool codemod`."""
