"""The bytes that are sent to a service: the client's own where nothing was changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from adhere.serve.faults import Refused
from adhere.serve.inspection import Inspected
from adhere.serve.reading import Asked


def bodies_to_send(
    asked: Asked, looked: Inspected, model: str, roles: Iterable[str]
) -> dict[str, bytes]:
    """Return what is sent, by what services call a developer's messages.

    Args:
        asked: The request.
        looked: What came of looking at it.
        model: What the services call the model.
        roles: What the services that may be asked call a developer's messages.

    Raises:
        Refused: It holds a number that cannot be written.
    """
    sent = {
        role: [item.sent_as_system if role == "system" else item.sent for _, item in looked.items]
        for role in set(roles)
    }
    same = (
        not looked.in_force.message
        and not asked.tells
        and "instructions" not in asked.fields
        and looked.tools == asked.tools
        and model == asked.model
    )
    return {
        role: asked.body
        if same and tuple(items) == asked.items
        else _written(asked, looked, model, items)
        for role, items in sent.items()
    }


def _written(asked: Asked, looked: Inspected, model: str, items: list[bytes]) -> bytes:
    fields = {**asked.fields, "model": model}
    fields.pop("instructions", None)
    if looked.in_force.message:
        items = [looked.in_force.message, *items]
    try:
        head = msgspec.json.encode(fields)
    except OverflowError as error:
        raise Refused(400, "invalid_value", "a number in the request is too large") from error
    name = b'"messages":[' if asked.interface == "chat" else b'"input":['
    tools = b',"tools":' + looked.tools if looked.tools else b""
    return head[:-1] + b"," + name + b",".join(items) + b"]" + tools + b"}"
