"""The root command: finds verbs, groups them by room, and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any, Final

import click

from adhere import __version__
from adhere.errors import AdhereError

VERBS: Final[dict[str, dict[str, str]]] = {
    "Write a spec": {
        "init": "Start a new spec that lints clean.",
        "lint": "Find what is wrong with a spec, with place and remedy.",
        "compile": "Turn a spec into JSON with exact source positions.",
        "show": "Read a spec, or one section of it, in the terminal.",
        "fetch": "Download a published spec and check that it is the pinned one.",
    },
    "Change a spec": {
        "diff": "Say what changed between two specs, by meaning, words marked.",
        "impact": "Say what a change touches, and which cases have to be run again.",
        "propose": "Propose a change: a patch, its impact, and the comments it answers.",
        "decide": "Write down what was decided about a proposal.",
        "release": "Release a spec, signed, with what led to it; or check a release.",
        "tailor": "Make a spec that extends a published one, within what it allows.",
    },
    "Resolve": {
        "resolve": "Which instructions apply, by the chain of command, and why.",
        "settings": "What holds for each setting under some profiles, and who said so.",
        "prove": "Prove that settings can never be brought to something, or show how they can.",
        "analyse": "What leads nowhere in a spec, who can change what, and the trend of versions.",
    },
    "Serve": {
        "serve": "Stand before a model and hold it to a spec, with a record of every decision.",
        "monitor": "Judge a sample of live answers, and raise an alarm where they get worse.",
        "prompt": "Print exactly what the gateway would send for a request.",
    },
    "Account for decisions": {
        "audit": "Keep, verify, prove and query the record of every decision.",
    },
    "Publish": {
        "publish": "Write the site: the spec to read, with its results beside it.",
        "feedback": "Look after what people say: moderators, comments, the log.",
        "site": "Serve the same site, with search that needs no script.",
    },
    "Evaluate models": {
        "demo": "From a spec to a first report, with nothing to set up.",
        "evaluate": "Ask models a suite of cases and report how well they adhere.",
        "compare": "Say what differs between two models, and what may be noise.",
        "trend": "Say how rates went over versions, and which steps may be noise.",
        "label": "Label a blinded sample of a run's answers, so that the judge can be corrected.",
        "judge-report": "Say how far judges can be trusted.",
        "suite": "Look into suites, see which rules they cover, make one from a spec.",
        "import": "Turn recordings of other tools into a suite.",
        "replay": "Decide recorded agent runs again, and report what that changes.",
    },
}
"""Verbs by the part of the work they belong to, with a line each; a verb's module has its help."""

_EXIT_CODES = """\b
Exit codes:
  0  fine
  1  findings: something was found that the command looks for
  2  wrong use, or input that cannot be used
  3  something outside failed: a service, the network, the disk"""


class Verbs(click.Group):
    """Loads a verb's module only when it is asked for, so that start-up stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb for verbs in VERBS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name.replace("-", "_")
        module = import_module(f"adhere.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, verbs in VERBS.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()))


@click.group(
    cls=Verbs, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="adhere")
def cli() -> None:
    """Make a behaviour specification for AI models operative.

    SPEC is a Markdown file, a compiled .json, a folder that holds one, or `reference` for the
    spec that ships with adhere.

    \b
    Try:
      adhere show reference
      adhere lint my-spec.md
      adhere VERB --help
    """


def main() -> None:
    """Run the command line and exit."""
    try:
        result: Any = cli.main(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except AdhereError as error:
        click.echo(f"adhere: {error}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("adhere: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not fail again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        click.echo(f"adhere: {error.filename or 'this machine'}: {error.strerror}", err=True)
        sys.exit(3)
