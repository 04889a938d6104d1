"""``python -m adhere.cli``: the command line without its installed script."""

from adhere.cli.main import main

main()
