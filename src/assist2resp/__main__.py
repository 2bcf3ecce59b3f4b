"""`python -m assist2resp`, the same as the console script."""

from assist2resp.cli import main

main()
