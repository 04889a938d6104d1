"""Makes `strategies` and `laws` importable: what several test modules of this room share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
