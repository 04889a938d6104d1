"""An expression about the settings of one spec: checked against their declarations, and decided."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from adhere.errors import InputError
from adhere.resolve.proofs.expression import (
    IT,
    Comparison,
    Constant,
    Every,
    Expression,
    Kept,
    Lawful,
    Name,
    Not,
    Operator,
    Some,
)
from adhere.resolve.proofs.views import View
from adhere.resolve.settings.words import LIKE, canonical, choices, of_type, show
from adhere.spec import Setting

_MIRRORED: Final[dict[Operator, Operator]] = {
    "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=",
}  # fmt: skip
_ORDER: Final = ("<", "<=", ">", ">=")


def holds(expression: Expression, now: Mapping[str, View], before: Mapping[str, View]) -> bool:
    """Whether a bound expression is true where each setting came out as ``now`` says.

    Args:
        expression: What `bind` returned.
        now: By address.
        before: The same where the levels in question are silent.
    """
    match expression:
        case Not(inner):
            return not holds(inner, now, before)
        case Every(parts):
            return all(holds(part, now, before) for part in parts)
        case Some(parts):
            return any(holds(part, now, before) for part in parts)
        case Comparison(operator, left, right):
            return compare(operator, _value(left, now, before), _value(right, now, before))
        case Lawful(address):
            return now[address].lawful
        case Kept(address, level):
            return level not in now[address].broken
        case Name() | Constant():
            return _value(expression, now, before) is True


def _value(term: Name | Constant, now: Mapping[str, View], before: Mapping[str, View]) -> Any:
    if isinstance(term, Constant):
        return term.value
    return (before if term.before else now)[term.address].value


def compare(operator: Operator, left: Any, right: Any) -> bool:
    """Whether two values stand to each other as the operator says."""
    match operator:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "in":
            return left in right
        case "not in":
            return left not in right


def bind(
    expression: Expression,
    settings: Mapping[str, Setting],
    *,
    it: str | None = None,
    name: str = "expression",
) -> Expression:
    """Return the expression with its names looked up and its comparisons checked.

    Args:
        expression: As it was parsed.
        settings: By address; a setting may stand there under old addresses too.
        it: The address that `it` stands for.
        name: What to call the expression where it is wrong.

    Raises:
        InputError: It names a setting that is not there, or compares what cannot be compared.
    """
    return _Binder(settings, it, name).bind(expression)


class _Binder:
    def __init__(self, settings: Mapping[str, Setting], it: str | None, name: str) -> None:
        self._settings = settings
        self._it = it
        self._name = name

    def bind(self, expression: Expression) -> Expression:
        match expression:
            case Not(inner):
                return Not(self.bind(inner))
            case Every(parts):
                return Every(tuple(map(self.bind, parts)))
            case Some(parts):
                return Some(tuple(map(self.bind, parts)))
            case Comparison():
                return self._comparison(expression)
            case Lawful(address, column):
                return Lawful(self._setting(address, column).address, column)
            case Kept(address, level, column):
                return Kept(self._setting(address, column).address, level, column)
            case Name(address, column, before):
                setting = self._setting(address, column)
                if setting.type != "boolean":
                    raise self._wrong(
                        f"{setting.address} is {LIKE[setting.type]}, not true or false", column,
                        "compare it with a value",
                    )  # fmt: skip
                return Name(setting.address, column, before)
            case Constant(_, column):
                raise self._wrong("a value alone says nothing", column, "compare a setting with it")

    def _setting(self, address: str, column: int) -> Setting:
        if address == IT and self._it is not None:
            return self._settings[self._it]
        if address not in self._settings:
            near = get_close_matches(address, self._settings, n=1)
            remedy = f"is it {near[0]}?" if near else "`adhere settings SPEC` lists them"
            raise self._wrong(f"the spec has no setting {address!a}", column, remedy)
        return self._settings[address]

    def _comparison(self, found: Comparison) -> Comparison:
        operator, left, right = found.operator, found.left, found.right
        if isinstance(left, Constant) and isinstance(right, Constant):
            raise self._wrong("two values are compared", left.column, "compare a setting with one")
        if isinstance(left, Name) and isinstance(right, Name):
            return self._with_itself(operator, left, right)
        if isinstance(left, Constant) and isinstance(right, Name):
            setting = self._setting(right.address, right.column)
            name = Name(setting.address, right.column, right.before)
            if operator in ("in", "not in"):
                if setting.type != "set":
                    raise self._wrong(
                        f"{setting.address} is {LIKE[setting.type]}, not a list", right.column, ""
                    )
                self._can_be(setting, (left.value,), left.column)
                return Comparison(operator, left, name)
            return self._comparison(Comparison(_MIRRORED[operator], name, left))
        assert isinstance(left, Name)
        assert isinstance(right, Constant)
        return self._with_value(operator, left, right)

    def _with_value(self, operator: Operator, left: Name, right: Constant) -> Comparison:
        setting = self._setting(left.address, left.column)
        value: Any = right.value
        if operator in ("in", "not in"):
            if not isinstance(value, tuple) or not value or setting.type in ("set", "boolean"):
                raise self._wrong(
                    f'"{operator}" wants a list of values that {setting.address} can have',
                    right.column, "",
                )  # fmt: skip
            for one in value:
                self._can_be(setting, one, right.column)
        elif operator in _ORDER:
            if setting.type != "integer" or type(value) is not int:
                raise self._wrong(f'only integers have an order for "{operator}"', right.column, "")
        else:
            self._can_be(setting, value, right.column)
            value = canonical(setting, value)
        return Comparison(
            operator, Name(setting.address, left.column, left.before), Constant(value, right.column)
        )

    def _with_itself(self, operator: Operator, left: Name, right: Name) -> Comparison:
        one = self._setting(left.address, left.column)
        other = self._setting(right.address, right.column)
        if one is not other or left.before is right.before:
            raise self._wrong(
                "two settings are compared", left.column,
                "compare a setting with a value, or with before(…) of itself",
            )  # fmt: skip
        if operator in ("in", "not in") or (operator in _ORDER and one.type != "integer"):
            raise self._wrong(f'"{operator}" does not fit {one.address}', left.column, "")
        return Comparison(
            operator,
            Name(one.address, left.column, left.before),
            Name(one.address, right.column, right.before),
        )

    def _can_be(self, setting: Setting, value: Any, column: int) -> None:
        """Refuse a value the setting can never have: a slip of the pen would prove anything."""
        if not of_type(setting.type, value) or not setting.allowed.admits(value):
            raise self._wrong(
                f"{setting.address} is never {show(value)}", column,
                f"it is {choices(setting)}",
            )  # fmt: skip

    def _wrong(self, message: str, column: int, remedy: str) -> InputError:
        return InputError(message, place=f"{self._name}:{column}", remedy=remedy)
