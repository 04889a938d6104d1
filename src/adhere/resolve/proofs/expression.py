"""The small language of obligations: what shall never hold of the settings. Nothing is evaluated.

::

    tone.profanity == "freely" and teen_protection.under_18
    small_footprint.changes in ["smallest", "as_needed"] or sub_agents.at_most > 4
    "politics" not in open_topics.not_covered
    it != before(it)                    # `it` stands for each setting in turn
    not lawful(it)                      # neither the default, nor what its giver may choose
    not kept(it, developer)             # what the developer fixed does not hold

``and``, ``or``, ``not``, ``in``, ``not in``, ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``,
parentheses, ``true``, ``false``, integers, strings, lists. A setting is named by its address. A
comparison has a setting on one side, and a literal or ``before(…)`` of the same setting on the
other. A literal that the setting can never equal is an error: it would prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from adhere.errors import InputError
from adhere.spec import Authority, SettingValue

IT: Final = "it"
MAX_LENGTH: Final = 4096
_MAX_DEPTH: Final = 40

Operator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


class Constant(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A literal; a list is a tuple."""

    value: SettingValue | tuple[int, ...]
    column: int


class Name(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The value of a setting; ``before``: what it is where the levels in question are silent."""

    address: str
    column: int
    before: bool = False


class Lawful(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Whether a value is the default, or one that the level it comes from may choose."""

    address: str
    column: int


class Kept(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Whether what a level fixed holds; true where it fixed nothing."""

    address: str
    level: Authority
    column: int


class Comparison(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Two terms and how they shall stand to each other."""

    operator: Operator
    left: Name | Constant
    right: Name | Constant


class Not(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The opposite."""

    inner: Expression


class Every(msgspec.Struct, frozen=True, gc=False, tag=True):
    """``and``."""

    parts: tuple[Expression, ...]


class Some(msgspec.Struct, frozen=True, gc=False, tag=True):
    """``or``."""

    parts: tuple[Expression, ...]


Leaf: TypeAlias = Name | Constant | Lawful | Kept | Comparison
Expression: TypeAlias = Leaf | Not | Every | Some


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


_TOKENS: Final = re.compile(
    r"""
      (?P<space> \s+ )
    | (?P<string> "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<address> [\w-]+ (?: \.[\w-]+ )+ )
    | (?P<integer> -?[0-9]+ (?! [\w.-] ) )
    | (?P<word> [^\W\d]\w* )
    | (?P<sign> == | != | <= | >= | [<>()\[\],] )
    | (?P<end> \Z ) | (?P<wrong> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_LEVELS: Final = (Authority.SYSTEM, Authority.DEVELOPER, Authority.USER)


def parse_expression(text: str, *, name: str = "expression") -> Expression:
    """Read an expression.

    Args:
        text: What is written.
        name: What to call it where it is wrong.

    Raises:
        InputError: It is not an expression; the place is ``name:column``.

    >>> parse_expression("not tone.emoji")
    Not(inner=Name(address='tone.emoji', column=5, before=False))
    """
    if len(text) > MAX_LENGTH:
        raise InputError(f"an expression has at most {MAX_LENGTH:,} characters", place=name)
    return _Parser(text, name).whole()


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Every part that is not made of others by ``and``, ``or``, ``not``."""
    if isinstance(expression, Not):
        yield from leaves(expression.inner)
    elif isinstance(expression, (Every, Some)):
        for part in expression.parts:
            yield from leaves(part)
    else:
        yield expression


def addresses(expression: Expression) -> tuple[str, ...]:
    """The settings it speaks of, each once, in order; `IT` where it speaks of each in turn."""
    found: dict[str, None] = {}
    for leaf in leaves(expression):
        terms = (leaf.left, leaf.right) if isinstance(leaf, Comparison) else (leaf,)
        found.update({term.address: None for term in terms if not isinstance(term, Constant)})
    return tuple(found)


class _Parser:
    """Recursive descent, one method a level of binding."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._tokens = [
            _Token(str(found.lastgroup), found.group(), found.start() + 1)
            for found in _TOKENS.finditer(text)
            if found.lastgroup != "space"
        ]
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._some()
        if self._next.kind != "end":
            raise self._unexpected("the end, `and` or `or`")
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> _Token | None:
        """Take the next token if it is one of these words or signs."""
        token = self._next
        if token.kind not in ("word", "sign") or token.text not in texts:
            return None
        self._at += 1
        return token

    def _need(self, text: str) -> None:
        if self._take(text) is None:
            raise self._unexpected(f'"{text}"')

    def _unexpected(self, wanted: str) -> InputError:
        token = self._next
        said = "it ends" if token.kind == "end" else f"{_shown(token)} stands"
        return self._wrong(f"{said} where {wanted} should be", token.column)

    def _wrong(self, message: str, column: int) -> InputError:
        return InputError(message, place=f"{self._name}:{column}", remedy="see docs/proofs.md")

    def _some(self) -> Expression:
        parts = [self._every()]
        while self._take("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self) -> Expression:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _not(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._wrong("it is nested too deep", self._next.column)
        if self._take("not"):
            found: Expression = Not(self._not())
        elif self._take("("):
            found = self._some()
            self._need(")")
        else:
            found = self._comparison()
        self._depth -= 1
        return found

    def _comparison(self) -> Expression:
        left = self._term()
        sign = self._take("==", "!=", "<", "<=", ">", ">=", "in", "not")
        if sign is None:
            return left
        if sign.text == "not":
            self._need("in")
        operator: Operator = "not in" if sign.text == "not" else sign.text  # type: ignore[assignment]
        right = self._term()
        if isinstance(left, (Lawful, Kept)) or isinstance(right, (Lawful, Kept)):
            raise self._wrong("what is true or false is not compared", sign.column)
        return Comparison(operator, left, right)

    def _term(self) -> Name | Constant | Lawful | Kept:
        token = self._next
        call = self._take("before", "lawful", "kept")
        if call:
            return self._call(call)
        if token.kind == "address" or self._is_it(token):
            return Name(self._address(), token.column)
        return Constant(self._list() if self._take("[") else self._literal(), token.column)

    def _call(self, call: _Token) -> Name | Lawful | Kept:
        self._need("(")
        address = self._address()
        if call.text == "kept":
            self._need(",")
            level = self._take(*_LEVELS)
            if level is None:
                raise self._unexpected(" or ".join(_LEVELS))
            self._need(")")
            return Kept(address, Authority(level.text), call.column)
        self._need(")")
        if call.text == "lawful":
            return Lawful(address, call.column)
        return Name(address, call.column, before=True)

    def _is_it(self, token: _Token) -> bool:
        return token.kind == "word" and token.text == IT

    def _address(self) -> str:
        token = self._next
        if token.kind != "address" and not self._is_it(token):
            raise self._unexpected("the address of a setting")
        self._at += 1
        return token.text

    def _literal(self) -> bool | int | str:
        token = self._next
        if self._take("true", "false"):
            return token.text == "true"
        if token.kind not in ("integer", "string"):
            raise self._unexpected("a setting or a value")
        self._at += 1
        if token.text.startswith("'"):
            return token.text[1:-1]
        try:
            return msgspec.json.decode(token.text, type=int | str)
        except msgspec.DecodeError as error:
            raise self._wrong(f"{_shown(token)} is not a value", token.column) from error

    def _list(self) -> tuple[str, ...] | tuple[int, ...]:
        column = self._next.column
        found: list[bool | int | str] = []
        while not self._take("]"):
            if found:
                self._need(",")
            found.append(self._literal())
        texts = tuple(value for value in found if isinstance(value, str))
        numbers = tuple(value for value in found if type(value) is int)
        if len(texts) == len(found):
            return texts
        if len(numbers) == len(found):
            return numbers
        raise self._wrong("a list holds strings or integers, not both", column)


def _shown(token: _Token) -> str:
    """The token as a message can hold it: short, and nothing that steers a terminal."""
    return ascii(token.text if len(token.text) <= 40 else f"{token.text[:40]}…")
