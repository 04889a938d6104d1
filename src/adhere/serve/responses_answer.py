from __future__ import annotations
class ResponsesAnswer:
    pass
