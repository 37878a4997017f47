"""`python -m mandje` is the command line."""

from mandje.cli import main

main()
