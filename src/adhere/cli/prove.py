"""``adhere prove``"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click
import msgspec
from rich.text import Text

from adhere.assemble import load_spec
from adhere.assemble.obligations import load_obligations
from adhere.assemble.patterns import string_search
from adhere.cli.options import SPEC, console, json_option, max_bytes_option, print_json, write_file
from adhere.cli.profiles import named_profiles, profile_options
from adhere.errors import UsageError
from adhere.resolve.proofs.obligations import ObligationsFile, ProofsFile
from adhere.resolve.proofs.protection import ProtectionProof, prove_protection
from adhere.resolve.proofs.prove import Counterexample, Obligation, Proof, prove
from adhere.resolve.settings.effective import LEVELS
from adhere.resolve.settings.words import profile_text, show
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
@click.option(
    "--z3",
    "with_z3",
    is_flag=True,
    help="Let z3 look for strings that patterns admit (adhere[proofs]).",
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
    with_z3: bool,
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
        one = Obligation("--never", never, _levels(by or "developer,user"))
        asked = ObligationsFile("adhere/obligations/1", (one,))
    search = string_search() if with_z3 else None
    proofs: list[Proof] = []
    protections: list[ProtectionProof] = []
    for obligation in asked.obligation:
        stop = _after(time_limit)
        proofs.append(prove(document, obligation, given=given, stop=stop, search=search))
        if not as_json:
            _print(proofs[-1], alone=never is not None)
    for protection in asked.protection:
        protections.append(prove_protection(document, protection, stop=_after(time_limit)))
        if not as_json:
            _print_protection(protections[-1])
    if as_json:
        print_json(
            ProofsFile("adhere/proofs/1", document.spec_digest, tuple(proofs), tuple(protections))
        )
    if output is not None:
        _write(proofs, protections, output, alone=never is not None)
    outcomes = [proof.outcome for proof in proofs] + [proof.outcome for proof in protections]
    return 0 if set(outcomes) <= {"proved"} else 1


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


def _print_protection(proof: ProtectionProof) -> None:
    out = console()
    line = Text(f"{proof.outcome:<10}", _STYLE[proof.outcome])
    line.append(f"{proof.protection.name}, by anything below {proof.level}", "default")
    out.print(line.append(f"  {proof.contexts:,} contexts", "dim"))
    if proof.counterexample is not None:
        for name, fact in proof.counterexample.facts.items():
            out.print(Text(f"  {name} is {show(fact.value)}, says {fact.set_by}"))
        for voice in proof.counterexample.instructions[1:]:
            out.print(Text(f"  {msgspec.json.encode(voice).decode()}"))


def _write(
    proofs: Iterable[Proof], protections: Iterable[ProtectionProof], folder: Path, *, alone: bool
) -> None:
    """Write what refutes, so that it can be tried out; with many obligations, a folder each."""
    for proof in proofs:
        if proof.counterexample is None:
            continue
        words = []
        for level, settings in proof.counterexample.profiles.items():
            path = (folder if alone else folder / proof.obligation.name) / f"{level}.toml"
            write_file(path, profile_text(settings).encode())
            words.append(f"--{level} {path}")
        click.echo(f"wrote profiles: adhere settings SPEC {' '.join(words)}", err=True)
    for protection in protections:
        if protection.counterexample is not None:
            path = folder / protection.protection.name / "instructions.json"
            candidates = protection.counterexample
            plain = {"schema": candidates.schema, **msgspec.to_builtins(candidates)}
            write_file(path, msgspec.json.encode(plain))
            click.echo(f"wrote instructions: adhere resolve {path}", err=True)
