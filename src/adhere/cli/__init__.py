"""The command line: ``adhere VERB``. One thin module a command; the work is done in the rooms."""

from adhere.cli.main import cli

__all__ = ["cli"]
