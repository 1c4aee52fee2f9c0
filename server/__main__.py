"""`python -m server` is the command `backpack`."""

from server.cli.main import main

main()
