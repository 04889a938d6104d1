"""Why an instruction applies or does not, in sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adhere.resolve.chain.facts import refusal
from adhere.resolve.chain.instruction import Candidates, Instruction
from adhere.resolve.chain.trace import Case, Fate, Resolution, Row, Step
from adhere.resolve.chain.words import condition, legible, listed, scalar, speaker, values, whose

MOST_CASES: Final = 6


def explain(candidates: Candidates, resolution: Resolution, name: str) -> str:
    """Explain what became of one instruction.

    Args:
        candidates: What was resolved.
        resolution: What came of it.
        name: The instruction's id.

    Returns:
        A few sentences; a line for each case where unknown facts make a difference.

    Raises:
        KeyError: There is no such instruction.
    """
    instructions = {one.id: one for one in candidates.instructions}
    one = instructions[name]
    row = next(row for row in resolution.rows if row.id == name)
    cases = [case for case in resolution.trace if any(step.id == name for step in case.steps)]
    if not cases:
        verdict = _approximated(row)
    elif row.fate is None:
        verdict = _depending(candidates, instructions, row, cases)
    else:
        verdict = _Verdict(candidates, instructions, cases[0]).of(one)
    asks = f"{_capital(whose(one))} asks that {legible(one.key)} be {values(one.allowed)}."
    return " ".join([asks, *_notes(one), verdict])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _notes(one: Instruction) -> list[str]:
    notes = []
    if one.mode == "implicit":
        notes.append("It is only implied.")
    if one.inferred:
        notes.append("It is not written out, but concluded from the text.")
    if one.extractor:
        notes.append(f"It was found by {legible(one.extractor, 60)}.")
    return notes


def _approximated(row: Row) -> str:
    if row.fate is Fate.OUT_OF_SCOPE:
        return "It does not apply here: its conditions do not hold."
    facts = listed([legible(fact) for fact in row.depends_on])
    return (
        f"Whether it applies is not known: it depends on {facts}, and there are too many ways "
        "they can be to look at each."
    )


def _depending(
    candidates: Candidates, instructions: Mapping[str, Instruction], row: Row, cases: Sequence[Case]
) -> str:
    """One line for each way the facts can be that matters, as far as there is room."""
    lines: dict[str, str] = {}
    for case in cases:
        when = listed([condition(one) for one in case.assuming if one.fact in row.depends_on])
        lines.setdefault(when, _Verdict(candidates, instructions, case).of(instructions[row.id]))
    shown = [f"- If {when}: {verdict}" for when, verdict in lines.items()]
    if len(shown) > MOST_CASES:
        fates = listed([str(fate).replace("_", " ") for fate in row.possible], "or")
        more = len(shown) - MOST_CASES + 1
        shown[MOST_CASES - 1 :] = [f"- In {more} other cases: {fates}."]
    facts = listed([legible(fact) for fact in row.depends_on])
    are = "is" if len(row.depends_on) == 1 else "are"
    return "\n".join([f"Whether it applies depends on {facts}, which {are} not known:", *shown])


class _Verdict:
    """What became of an instruction in one case."""

    def __init__(
        self, candidates: Candidates, instructions: Mapping[str, Instruction], case: Case
    ) -> None:
        self._candidates = candidates
        self._instructions = instructions
        self._steps = {step.id: step for step in case.steps}

    def of(self, one: Instruction) -> str:
        step = self._steps[one.id]
        others = [self._instructions[name] for name in step.by]
        match step.fate:
            case Fate.APPLIES:
                return f"It applies{self._by_whose_word(step)}."
            case Fate.MISALIGNED:
                return f"It does not apply, because {self._misaligned(one, step, others)}."
            case Fate.SUPERSEDED:
                return (
                    f"It does not apply, because {_blocking(others)}, and of two instructions of "
                    "one level the later counts."
                )
            case Fate.EXCEPTED:
                return f"It does not apply, because {_excepting(one, others)}."
            case Fate.AMBIGUOUS:
                return (
                    f"It contradicts {_all(others)}, of the same level and the same moment. "
                    "Nothing says which is meant, so none of them applies."
                )
            case Fate.INACTION:
                return (
                    f"It contradicts {_all(others)}, of level root as well. Where root principles "
                    f"contradict each other, the assistant does nothing about {legible(one.key)}."
                )
            case Fate.NO_AUTHORITY:
                return (
                    "It has no authority, and no instruction hands it any: it is information, not "
                    "something to follow."
                )
            case Fate.DELEGATION_DEAD:
                return (
                    f"It has no authority: {_all(others)} would hand it some, but does not apply "
                    f"({str(self._steps[step.by[0]].fate).replace('_', ' ')})."
                )
            case Fate.OUT_OF_SCOPE:
                return f"It does not apply here: {self._unmet(one)}."
            case Fate.SUSPECTED_MISTAKE:
                return "It is not followed: its author is suspected not to have meant it."
            case Fate.BEYOND_CAPABILITY:
                return (
                    "It cannot be followed: the assistant is not able to "
                    f"{legible(one.needs_capability or '')}. It should say so."
                )

    def _by_whose_word(self, step: Step) -> str:
        if not step.delegated_by:
            return ""
        giver = whose(self._instructions[step.delegated_by])
        return (
            f" at level {step.level}, because {giver} hands it authority; it ranks below "
            "everything else of that level"
        )

    def _misaligned(self, one: Instruction, step: Step, others: Sequence[Instruction]) -> str:
        if self._steps[others[0].id].fate is Fate.INACTION:
            return (
                f"root principles contradict each other about {legible(one.key)}, and then nothing "
                f"is done about it: {_all(others)}"
            )
        above = {self._steps[other.id].level: other for other in others}
        if step.level is not one.level and one.mode == "implicit":
            implied = any(other.mode == "implicit" for other in others)
            reason = (
                "among what is only implied the level of the speaker decides"
                if implied
                else "what is only implied can override a guideline, never more"
            )
        elif all(level.outranks(step.level) for level in above):
            names = [speaker(level) for level in above]
            verb = "outranks" if len(names) == 1 else "outrank"
            reason = f"{listed(names)} {verb} {speaker(step.level)}"
        elif step.delegated_by:
            reason = "what somebody hands on ranks below everything else of its level"
        else:
            reason = "what is implied overrides a guideline"
        return f"{_blocking(others)}, and {reason}"

    def _unmet(self, one: Instruction) -> str:
        """Which conditions do not hold, of those that can be told."""
        facts = self._candidates.facts
        unmet = []
        for wanted in one.when:
            fact = facts.get(wanted.fact)
            if fact is None or fact.value is None or refusal(fact):
                continue
            if not wanted.values.admits(fact.value):
                unmet.append(f"{legible(wanted.fact)} is {scalar(fact.value)}")
        needed = listed([condition(wanted) for wanted in one.when])
        return f"it holds only where {needed}" + (f", but {listed(unmet)}" if unmet else "")


def _all(others: Sequence[Instruction]) -> str:
    return listed([whose(other) for other in others])


def _blocking(others: Sequence[Instruction]) -> str:
    """Say what blockers demand, and that it takes all of them."""
    clauses = [f"{whose(other)} {_demands(other)}" for other in others]
    if len(clauses) == 1:
        return clauses[0]
    return f"{listed(clauses)}, which together leaves no room for it"


def _demands(one: Instruction) -> str:
    if one.allowed.one_of is None and one.allowed.range is None:
        ruled_out = listed([scalar(value) for value in one.allowed.except_ or ()], "and")
        return f"rules out {ruled_out}"
    return f"allows only {values(one.allowed)}"


def _excepting(one: Instruction, others: Sequence[Instruction]) -> str:
    clauses = []
    for other in others:
        what = "is an exception to it and " if one.id in other.exception_to else ""
        clauses.append(f"{whose(other)} {what}{_demands(other)}")
    return listed(clauses)
