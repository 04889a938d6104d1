"""What requests cost: tokens as the service counted them, prices as data, a budget that holds."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import msgspec

from adhere.errors import InputError, SystemFault, UsageError

BYTES_A_TOKEN: Final = 4
"""The declared estimate where a service does not say: UTF-8 bytes a token. English prose has 4 to
5, code and other languages fewer; no tokenizer is downloaded for it."""

_MILLION: Final = Decimal(1_000_000)


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model costs, in the list's currency a million tokens.

    Attributes:
        input, output: For what is sent and for what is answered.
        batch: What requests in batches cost of that, as a factor.
    """

    input: Decimal
    output: Decimal
    batch: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if not all(
            part.is_finite() and part >= 0 for part in (self.input, self.output, self.batch)
        ):
            raise ValueError("a price is a number that is not negative")

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Decimal:
        """Return what so many tokens cost, exactly."""
        cost = self.input * input_tokens + self.output * output_tokens
        return cost * (self.batch if batch else 1) / _MILLION


class PriceList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices of models (``adhere/prices/1``), with where they come from and of which day.

    ``models`` is by the name in a run's records (``MODEL@HOST``) or by the model's alone.
    """

    schema: Literal["adhere/prices/1"]
    currency: str
    source: str
    date: str
    models: dict[str, Price]

    def price(self, name: str) -> Price | None:
        """Return the price of a model, None where the list has none."""
        return self.models.get(name) or self.models.get(name.partition("@")[0])

    def required(self, name: str) -> Price:
        """Return the price of a model.

        Raises:
            UsageError: The list has none.
        """
        found = self.price(name)
        if found is None:
            raise UsageError(
                f'there is no price for "{name}"', remedy="add it to the file given by --prices"
            )
        return found


def read_prices(path: Path) -> PriceList:
    """Read a price list.

    Raises:
        InputError: It is none.
        SystemFault: It cannot be read.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)  # to decimals
        return msgspec.convert(data, PriceList)
    except FileNotFoundError as error:
        raise InputError("there is no such file", place=str(path)) from error
    except OSError as error:
        raise SystemFault(f"cannot read it: {error.strerror}", place=str(path)) from error
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise InputError(
            f"this is not a price list: {error}", place=str(path), remedy="see docs/running.md"
        ) from error


def estimated(size: int) -> int:
    """Return the declared estimate of the tokens in so many bytes of text."""
    return -(-size // BYTES_A_TOKEN)
