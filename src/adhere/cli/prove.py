"""``adhere prove``"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.text import Text

from adhere.assemble import load_spec
from adhere.assemble.obligations import load_obligations
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json, write_file
from adhere.cli.profiles import named_profiles, profile_options
from adhere.errors import UsageError
from adhere.resolve.prove import Counterexample, Obligation, Proof, ProofsFile, prove
from adhere.resolve.settings import LEVELS
from adhere.resolve.settings_words import profile_text, show
from adhere.spec import Authority

_STYLE = {"proved": "green", "refuted": "bold red", "undecided": "yellow"}


@click.command("prove")
@click.argument("spec", type=SPEC)
@click.option("--never", metavar="EXPRESSION", help="What shall never be.")
@click.option(
    "--by",
    metavar="LEVELS",
    help="Who shall not be able to bring it about.  [default: developer,user]",
)
@click.option(
    "--obligations",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Prove these.  [default: obligations.toml beside SPEC]",
)
@profile_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the profiles of a counterexample here.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Leave an obligation undecided after this time.",
)
@json_option
@max_bytes_option
def command(
    spec: str,
    never: str | None,
    by: str | None,
    obligations: Path | None,
    system: Path | None,
    developer: Path | None,
    user: Path | None,
    output: Path | None,
    time_limit: float,
    as_json: bool,
    max_bytes: int,
) -> int:
    """Prove that some levels can never bring something about in SPEC, or show how they can.

    Every context is decided: each level is silent or asks for anything at all. With a profile, a
    level asks for what stands there. Exit code 1 where something was refuted or not decided.

    \b
    Examples:
      adhere prove reference
      adhere prove reference --never 'tone.profanity == "freely"' --by user
      adhere prove reference --never 'tone.warmth > 3' --developer developer.toml --by user -o found
    """
    if never is None and by is not None:
        raise UsageError(
            "--by goes with --never", remedy="obligations name their levels themselves"
        )
    if never is not None and obligations is not None:
        raise UsageError("name one expression or a file of obligations, not both")
    document = load_spec(spec, max_bytes=max_bytes)
    given = named_profiles({"system": system, "developer": developer, "user": user})
    if never is None:
        asked = load_obligations(spec, obligations)
    else:
        asked = (Obligation("--never", never, _levels(by or "developer,user")),)
    proofs = tuple(prove(document, one, given=given, stop=_after(time_limit)) for one in asked)
    if as_json:
        print_json(ProofsFile("adhere/proofs/1", document.spec_digest, proofs))
    else:
        for proof in proofs:
            _print(proof, alone=never is not None)
    for proof in proofs:
        if output is not None and proof.counterexample is not None:
            _write(proof.counterexample, output if never else output / proof.obligation.name)
    return 0 if all(proof.outcome == "proved" for proof in proofs) else 1


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _levels(text: str) -> tuple[Authority, ...]:
    names = [word.strip() for word in text.split(",")]
    if not set(names) <= set(LEVELS):
        raise UsageError(f"--by takes levels out of {', '.join(LEVELS)}, with commas between them")
    return tuple(Authority(name) for name in names)


def _print(proof: Proof, *, alone: bool) -> None:
    out = console()
    line = Text(f"{proof.outcome:<10}", _STYLE[proof.outcome])
    name = proof.obligation.never if alone else proof.obligation.name
    line.append(f"{name}, by {', '.join(proof.obligation.by)}", "default")
    out.print(line.append(f"  {proof.contexts:,} contexts", "dim"))
    if alone or proof.outcome == "undecided":
        for reason in proof.why:
            out.print(Text(f"  {reason}", "dim"))
    if proof.outcome == "proved" and alone:
        others = "by nobody at all" if proof.true_in == 0 else "only by the levels that may"
        out.print(Text(f"  every context was decided; it can be brought about {others}"))
    if proof.counterexample is not None:
        _counterexample(proof.counterexample)


def _counterexample(found: Counterexample) -> None:
    out = console()
    for address, value in found.values.items():
        out.print(Text(f"  {address}: {show(found.before[address])} becomes {show(value)}"))
    for level, settings in found.profiles.items():
        out.print(Text(f"  # {level}.toml", "dim"))
        for line in profile_text(settings).splitlines():
            out.print(Text(f"  {line}"))


def _write(found: Counterexample, folder: Path) -> None:
    words = []
    for level, settings in found.profiles.items():
        path = folder / f"{level}.toml"
        write_file(path, profile_text(settings).encode())
        words.append(f"--{level} {path}")
    click.echo(f"wrote profiles: adhere settings SPEC {' '.join(words)}", err=True)
