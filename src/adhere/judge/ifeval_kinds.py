"""The 25 kinds of verifiable instructions of IFEval, each a check with its parameters.

Zhou et al., "Instruction-Following Evaluation for Large Language Models", 2023 (arXiv 2311.07911).
The paper gives each kind in a sentence; where it leaves open what counts, the docstring here says
what was decided. ``look`` reads the text alone and says what it saw.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import re2
from msgspec import Meta

from adhere.judge.ifeval_text import capital_words, count_sentences, count_words

Seen: TypeAlias = tuple[bool, str]
"""Whether the instruction was followed, and what was seen, for people."""

Identify: TypeAlias = Callable[[str], str]
"""From a text to the ISO 639-1 code of its language."""

Relation: TypeAlias = Literal["at least", "less than"]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Number: TypeAlias = Annotated[int, Meta(ge=1)]
Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Words: TypeAlias = Annotated[tuple[Text, ...], Meta(min_length=1)]

_BRACKETS: Final = re2.compile(r"\[[^\n\]]*\]")
_BULLET: Final = re2.compile(r"(?m)^\s*(?:\*[^*]|-)")
_SINGLE: Final = re2.compile(r"\*([^\n*]*)\*")
_DOUBLE: Final = re2.compile(r"\*\*([^\n*]*)\*\*")
_ANGULAR: Final = re2.compile(r"<<([^\n]+)>>")
_CHOICES: Final = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


class _Instruction(
    msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True, gc=False
):
    """A verifiable instruction; its ``kind`` is the id that IFEval gave it."""


def _compared(count: int, relation: Relation, wanted: int, what: str) -> Seen:
    followed = count >= wanted if relation == "at least" else count < wanted
    return followed, f"{count} {what}, wanted {relation} {wanted}"


class Existence(_Instruction, frozen=True, tag="keywords:existence"):
    """Each keyword occurs, be it within a word; case does not count."""

    keywords: Words

    def look(self, text: str) -> Seen:
        missing = [word for word in self.keywords if word.lower() not in text.lower()]
        return not missing, f"missing: {', '.join(missing) or 'none'}"


class Frequency(_Instruction, frozen=True, tag="keywords:frequency"):
    """The keyword occurs so many times, be it within words; case does not count."""

    keyword: Text
    frequency: Count
    relation: Relation

    def look(self, text: str) -> Seen:
        count = text.lower().count(self.keyword.lower())
        return _compared(count, self.relation, self.frequency, f'times "{self.keyword}"')


class ForbiddenWords(_Instruction, frozen=True, tag="keywords:forbidden_words"):
    """None of the words occurs as a whole word; case does not count."""

    forbidden_words: Words

    def look(self, text: str) -> Seen:
        found = [
            word
            for word in self.forbidden_words
            if re.search(rf"\b{re.escape(word)}\b", text, re.I)
        ]
        return not found, f"found: {', '.join(found) or 'none'}"


class LetterFrequency(_Instruction, frozen=True, tag="keywords:letter_frequency"):
    """The letter, or other character, occurs so many times; case does not count."""

    letter: Annotated[str, Meta(min_length=1, max_length=1)]
    let_frequency: Count
    let_relation: Relation

    def look(self, text: str) -> Seen:
        count = text.lower().count(self.letter.lower())
        return _compared(count, self.let_relation, self.let_frequency, f'times "{self.letter}"')


class ResponseLanguage(_Instruction, frozen=True, tag="language:response_language"):
    """The whole is in one language, given by its ISO 639-1 code."""

    language: Text

    def look_at(self, text: str, identify: Identify) -> Seen:
        found = identify(text)
        return found == self.language, f"the language looks like {found}"


class NumberSentences(_Instruction, frozen=True, tag="length_constraints:number_sentences"):
    """So many sentences."""

    num_sentences: Count
    relation: Relation

    def look(self, text: str) -> Seen:
        return _compared(count_sentences(text), self.relation, self.num_sentences, "sentences")


class NumberWords(_Instruction, frozen=True, tag="length_constraints:number_words"):
    """So many words."""

    num_words: Count
    relation: Relation

    def look(self, text: str) -> Seen:
        return _compared(count_words(text), self.relation, self.num_words, "words")


class NumberParagraphs(_Instruction, frozen=True, tag="length_constraints:number_paragraphs"):
    """Exactly so many paragraphs, divided by ``***``; none is empty but before or after all."""

    num_paragraphs: Number

    def look(self, text: str) -> Seen:
        parts = [part.strip() for part in text.split("***")]
        if not all(parts[1:-1]):
            return False, "a paragraph is empty"
        count = sum(map(bool, parts))
        return count == self.num_paragraphs, f"{count} paragraphs, wanted {self.num_paragraphs}"


class NthParagraphFirstWord(
    _Instruction, frozen=True, tag="length_constraints:nth_paragraph_first_word"
):
    """Exactly so many paragraphs, divided by empty lines, and one begins with a certain word."""

    num_paragraphs: Number
    nth_paragraph: Number
    first_word: Text

    def look(self, text: str) -> Seen:
        parts = text.split("\n\n")
        count = sum(1 for part in parts if part.strip())
        words = parts[self.nth_paragraph - 1].split() if self.nth_paragraph <= len(parts) else []
        if not words:
            return False, f"{count} paragraphs, number {self.nth_paragraph} is empty"
        first = re.split(r"[.,?!'\"]", words[0].lstrip("'\""), maxsplit=1)[0].lower()
        return (
            count == self.num_paragraphs and first == self.first_word.lower(),
            f'{count} paragraphs, number {self.nth_paragraph} begins with "{first}"',
        )


class NumberPlaceholders(_Instruction, frozen=True, tag="detectable_content:number_placeholders"):
    """At least so many placeholders in square brackets."""

    num_placeholders: Count

    def look(self, text: str) -> Seen:
        count = len(_BRACKETS.findall(text))
        return _compared(count, "at least", self.num_placeholders, "placeholders")


class Postscript(_Instruction, frozen=True, tag="detectable_content:postscript"):
    """A postscript with this marker; spaces within it and case do not count."""

    postscript_marker: Text

    def look(self, text: str) -> Seen:
        letters = [re.escape(letter) for letter in self.postscript_marker if letter.isalnum()]
        found = re.search(r"\.\s?".join(letters), text, re.I) if letters else None
        return found is not None, "there is a postscript" if found else "no postscript"


class NumberBullets(_Instruction, frozen=True, tag="detectable_format:number_bullet_lists"):
    """Exactly so many bullet points of Markdown, begun by ``*`` or ``-``."""

    num_bullets: Count

    def look(self, text: str) -> Seen:
        count = len(_BULLET.findall(text))
        return count == self.num_bullets, f"{count} bullet points, wanted {self.num_bullets}"


class ConstrainedResponse(_Instruction, frozen=True, tag="detectable_format:constrained_response"):
    """One of the sentences ``My answer is yes.``, ``no.`` and ``maybe.`` occurs."""

    def look(self, text: str) -> Seen:
        found = [answer for answer in _CHOICES if answer in text]
        return bool(found), f"found: {', '.join(found) or 'none'}"


class NumberHighlights(
    _Instruction, frozen=True, tag="detectable_format:number_highlighted_sections"
):
    """At least so many stretches between ``*`` or ``**``, each within a line."""

    num_highlights: Count

    def look(self, text: str) -> Seen:
        stretches = (*_SINGLE.findall(text), *_DOUBLE.findall(text))
        count = sum(1 for stretch in stretches if stretch.strip())
        return _compared(count, "at least", self.num_highlights, "highlights")


class MultipleSections(_Instruction, frozen=True, tag="detectable_format:multiple_sections"):
    """At least so many sections, each begun by the word and a number."""

    section_spliter: Text
    num_sections: Number

    def look(self, text: str) -> Seen:
        count = len(re.findall(rf"{re.escape(self.section_spliter.strip())}\s?\d", text))
        return _compared(count, "at least", self.num_sections, "sections")


class JsonFormat(_Instruction, frozen=True, tag="detectable_format:json_format"):
    """The whole is JSON; a Markdown fence around it does not count."""

    def look(self, text: str) -> Seen:
        inner = text.strip()
        if inner.startswith("```") and inner.endswith("```"):
            inner = inner[3:-3]
            inner = inner[4:] if inner[:4].lower() == "json" else inner
        try:
            json.loads(inner)
        except (ValueError, RecursionError) as error:
            return False, f"not JSON: {error}"
        return True, "JSON"


class Title(_Instruction, frozen=True, tag="detectable_format:title"):
    """A title in double angular brackets that is not empty."""

    def look(self, text: str) -> Seen:
        followed = any(title.strip("<> \t\r") for title in _ANGULAR.findall(text))
        return followed, "there is a title" if followed else "no title"


class TwoResponses(_Instruction, frozen=True, tag="combination:two_responses"):
    """Exactly two responses that differ, divided by ``******``."""

    def look(self, text: str) -> Seen:
        parts = [part.strip() for part in text.split("******")]
        if not all(parts[1:-1]):
            return False, "a response is empty"
        full = [part for part in parts if part]
        return len(full) == 2 and full[0] != full[1], f"{len(full)} responses"


class RepeatPrompt(_Instruction, frozen=True, tag="combination:repeat_prompt"):
    """The request comes first, word for word; case does not count."""

    prompt_to_repeat: Text

    def look(self, text: str) -> Seen:
        repeated = text.strip().lower().startswith(self.prompt_to_repeat.strip().lower())
        return repeated, "the request is repeated" if repeated else "it begins otherwise"


class EndChecker(_Instruction, frozen=True, tag="startend:end_checker"):
    """The phrase ends the text; case and quotation marks around the whole do not count."""

    end_phrase: Text

    def look(self, text: str) -> Seen:
        end = text.strip().strip('"').lower()
        followed = end.endswith(self.end_phrase.strip().lower())
        return followed, f'the end is "{text.strip()[-40:]}"'


class Quotation(_Instruction, frozen=True, tag="startend:quotation"):
    """The whole stands between double quotation marks."""

    def look(self, text: str) -> Seen:
        stripped = text.strip()
        followed = len(stripped) > 1 and stripped[0] == stripped[-1] == '"'
        return followed, "in quotation marks" if followed else "not in quotation marks"


class CapitalWordFrequency(_Instruction, frozen=True, tag="change_case:capital_word_frequency"):
    """So many words in capital letters only."""

    capital_frequency: Count
    capital_relation: Relation

    def look(self, text: str) -> Seen:
        count = len(capital_words(text))
        return _compared(count, self.capital_relation, self.capital_frequency, "words in capitals")


class EnglishCapital(_Instruction, frozen=True, tag="change_case:english_capital"):
    """English, and in capital letters only."""

    def look_at(self, text: str, identify: Identify) -> Seen:
        if not text.isupper():
            return False, "not all letters are capital"
        found = identify(text)
        return found == "en", f"capital letters; the language looks like {found}"


class EnglishLowercase(_Instruction, frozen=True, tag="change_case:english_lowercase"):
    """English, and without capital letters."""

    def look_at(self, text: str, identify: Identify) -> Seen:
        if not text.islower():
            return False, "not all letters are lower case"
        found = identify(text)
        return found == "en", f"lower case; the language looks like {found}"


class NoComma(_Instruction, frozen=True, tag="punctuation:no_comma"):
    """No comma."""

    def look(self, text: str) -> Seen:
        count = text.count(",")
        return count == 0, f"{count} commas"
