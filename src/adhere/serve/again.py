"""A recorded request decided again, by the checks of the gateway themselves. Pure.

What a record must hold for it: the pseudonym's key id in ``key_id``, and as content the request's
bytes as they came (`adhere.audit.Admitted`).
"""

from __future__ import annotations

from typing import Any

import msgspec

from adhere.evaluate.replay_log import Again, Ended, NotDecided, check_name
from adhere.serve.checks import Sheet
from adhere.serve.detectors import Detectors
from adhere.serve.faults import Refused
from adhere.serve.incoming import ItemReader
from adhere.serve.inspection import Inspector
from adhere.serve.keys import Principal
from adhere.serve.reading import Interface, read_request
from adhere.serve.rules import Rules


class GatewayAgain:
    """Decides recorded requests under other rules.

    Args:
        rules: The spec and the configuration that decide now.
    """

    def __init__(self, rules: Rules) -> None:
        config = rules.config
        self._rules = rules
        self._inspector = Inspector(ItemReader(), Detectors(config.phrases, config.hosts))
        self._guards = frozenset(config.guards)
        self._extra = frozenset(config.limits.extra_fields)

    def decide(self, ended: Ended, request: bytes, answer: bytes | None) -> Again | NotDecided:
        """Decide a recorded request."""
        del answer
        key = self._rules.config.keys.get(ended.admitted.key_id)
        if key is None:
            return "unknown key"
        interface = _interface(request)
        if interface is None:
            return "unreadable"
        who, sheet = Principal(ended.admitted.key_id, key.developer), Sheet(self._rules.table)
        try:
            asked = read_request(request, interface, self._extra)
            looked = self._inspector.inspect(asked, who, self._rules, sheet)
        except Refused:
            return "unreadable"
        # What a guard model said cannot be asked again: it stands as it was recorded.
        said = (one for one in ended.admitted.decisions if check_name(one) in self._guards)
        return Again((*sheet.take(), *said), None, looked.in_force.digest)


class _Top(msgspec.Struct):
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode: Any = msgspec.json.Decoder(_Top).decode


def _interface(request: bytes) -> Interface | None:
    """Which interface a request was sent to; None where it fits none, or both."""
    try:
        top = _decode(request)
    except msgspec.DecodeError:
        return None
    if (top.messages is msgspec.UNSET) == (top.input is msgspec.UNSET):
        return None
    return "responses" if top.messages is msgspec.UNSET else "chat"
