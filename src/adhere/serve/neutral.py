from __future__ import annotations
import msgspec
from adhere.detect import Spoof, SpoofKind, role_spoofing
class Clean(msgspec.Struct, frozen=True):
    text: str
    spoofs: tuple[Spoof, ...] = ()
def neutralise(text: str) -> Clean:
    found = tuple(s for s in role_spoofing(text) if s.kind in (SpoofKind.TEMPLATE_TOKEN, SpoofKind.MESSAGE_TAG))
    out = text
    for s in reversed(found):
        out = out[:s.start] + "".join(c + "\u200b" if c in "<|[" else c for c in out[s.start:s.end]) + out[s.end:]
    return Clean(out, found)
