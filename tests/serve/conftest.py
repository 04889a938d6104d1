from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from running_gateway import RunningGateway, config_text
from service import Handler, Service

Start = Callable[..., tuple[RunningGateway, Service]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a gateway before a service; both end with the test."""
    with ExitStack() as stack:

        def start_both(
            handler: Handler, more: str = "", tokens: int = 0
        ) -> tuple[RunningGateway, Service]:
            service = stack.enter_context(Service(handler))
            text = config_text(service.url, more, tokens)
            return stack.enter_context(RunningGateway(tmp_path, text)), service

        yield start_both
