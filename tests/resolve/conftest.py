"""Makes `strategies` and `resolver_laws` importable, which several modules here share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
