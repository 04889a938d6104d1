"""What ``adhere publish`` and ``adhere site`` have in common: where a site comes from."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from adhere.assemble.publishing import find_decisions, find_editions, find_runs, site_title
from adhere.assemble.scores import load_scores
from adhere.cli.options import SPEC
from adhere.publish.site import Site


class Sources(msgspec.Struct, frozen=True):
    """What was named on the command line."""

    spec: str
    previous: tuple[str, ...]
    runs: tuple[Path, ...]
    scores: tuple[Path, ...]
    translations: tuple[str, ...]
    decisions: Path | None
    log: Path | None
    changelog: Path | None
    title: str

    def site(self, *, live: bool = False, feedback: str = "") -> Site:
        """Load everything.

        Raises:
            InputError: Something is not what it has to be.
            UsageError: A version is named twice.
        """
        editions = find_editions(
            self.spec, self.previous, changelog=self.changelog, translations=self.translations
        )
        return Site(
            title=site_title(self.title, editions),
            editions=editions,
            runs=find_runs(self.runs),
            scores=tuple(load_scores(path) for path in self.scores),
            decisions=find_decisions(self.decisions, self.log) if self.decisions else {},
            feedback=feedback,
            live=live,
        )


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument and the options, and give the command one ``sources``."""

    @click.argument("spec", type=SPEC)
    @click.option(
        "--previous",
        multiple=True,
        type=SPEC,
        help="An earlier version; several times for several.",
    )
    @click.option(
        "--run",
        "runs",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A run to show, oldest first; several times for several.",
    )
    @click.option(
        "--scores",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Scores that others have published (`adhere import replication`).",
    )
    @click.option(
        "--translation", "translations", multiple=True, type=SPEC,
        help="The spec in another language, with the same ids.",
    )  # fmt: skip
    @click.option(
        "--decisions",
        type=click.Path(path_type=Path),
        help="Decisions to explain, one a line (JSON).",
    )
    @click.option(
        "--log", type=click.Path(path_type=Path),
        help="The audit log that recorded them: each comes with its proof, which holds the record.",
    )  # fmt: skip
    @click.option(
        "--changelog", type=click.Path(path_type=Path),
        help="Markdown whose headings name versions: the reasons for changes.",
    )  # fmt: skip
    @click.option("--title", default="", help="What to call the spec where it does not say.")
    @functools.wraps(function)
    def wrapped(**given: Any) -> Any:
        names = {field: given.pop(field) for field in Sources.__struct_fields__}
        return function(sources=Sources(**names), **given)

    return wrapped
