"""What people are told about the findings of the compiler itself, which need no rule here."""

from __future__ import annotations

from typing import Final

from adhere.compiler.diagnostic import Severity
from adhere.compiler.rules.rule import RuleInfo

_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
_NOT_READ = "It is not read at all."
_SKIPPED = "The part cannot be understood, and is missing from everything made of the document."

PARSING: Final[tuple[RuleInfo, ...]] = tuple(
    RuleInfo(*fields)
    for fields in (
        ("too-large", _ERROR, "the file is larger than the limit", _NOT_READ),
        ("invalid-utf8", _ERROR, "the file is not UTF-8", _NOT_READ),
        ("nul-byte", _ERROR, "the file contains a NUL byte", _NOT_READ),
        ("too-deep", _ERROR, "quotes and lists are nested too deep", _NOT_READ),
        ("too-many-parts", _ERROR, "the document has too many parts", "It is not read at all."),
        ("bare-return", _ERROR, "a carriage return stands without a line feed",
         "Programs disagree about where the line ends, and so about what the rule says."),
        ("front-matter", _ERROR, "the front matter between +++ lines cannot be read", _SKIPPED),
        ("more-findings", _NOTE, "the compiler found more than it shows",
         "What is not shown comes up once the rest is mended."),
        ("unknown-authority", _ERROR, "a heading names a level that does not exist",
         "The rule counts as one without a level."),
        ("unknown-attribute", _WARNING, "a heading has an attribute that nobody reads",
         "What it was meant to say has no effect."),
        ("repeated-attribute", _ERROR, "a heading has the same attribute twice",
         "Readers may take the one that does not count."),
        ("heading-attributes", _WARNING, "the attributes of a heading are read as its title",
         "The section has neither the id nor the level that was meant."),
        ("id-too-long", _ERROR, "an id is too long", "It is cut, and links to it lead nowhere."),
        ("inner-heading", _WARNING, "a heading with attributes stands inside a list or a box",
         "It begins no section, so what follows belongs to the section before."),
        ("before-sections", _WARNING, "an example or a setting stands before the first heading",
         "It belongs to no section, and is missing from everything made of the document."),
        ("box-head", _WARNING, "a line begins like a box and is not one",
         "What was to be commentary is read as part of the rule."),
        ("box-runs-on", _WARNING, "a line after a box is read as part of it",
         "A rule that is taken for commentary binds nobody."),
        ("fence-unclosed", _ERROR, "a code fence is never closed",
         "Everything after it is taken for code."),
        ("html-unclosed", _ERROR, "a comment or HTML element is never closed",
         "What follows it is not read."),
        ("no-test-reason", _WARNING, 'a "no test needed" comment gives no reason',
         "It has no effect: the section counts as untested."),
        ("example-title-alone", _WARNING, "an example's title has no example after it",
         "The example below it, if any, has no title."),
        ("example-malformed", _ERROR, "an example is not well-formed XML", _SKIPPED),
        ("example-element", _ERROR, "an example has an element or attribute that does not exist",
         _SKIPPED),
        ("example-label", _ERROR, "the label of an answer cannot be read, or stands elsewhere",
         "The answer counts as neither good nor bad."),
        ("example-text", _WARNING, "an example has text outside any message",
         "The text belongs to nobody, and no model is sent it."),
        ("setting-malformed", _ERROR, "a setting cannot be read", _SKIPPED),
        ("prompts-header", _WARNING,
         "a file of prompts does not say which marker and section it is for (with --prompts)",
         "Whoever edits it cannot tell what the prompts are to show."),
        ("prompts-empty", _WARNING, "a file of prompts holds no prompt (with --prompts)",
         "The sentence looks tested and is not."),
    )
)  # fmt: skip
