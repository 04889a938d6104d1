"""How long each standing obligation of the reference spec takes, and over how many contexts.

python benchmarks/prove.py
"""

from __future__ import annotations

import time

from adhere.assemble import load_spec
from adhere.assemble.obligations import load_obligations
from adhere.resolve.prove import prove

REPEAT = 3


def main() -> None:
    spec = load_spec("reference")
    print(f"{'obligation':<46}{'contexts':>10}{'combinations':>14}{'seconds':>9}{'per second':>12}")
    total = 0.0
    for obligation in load_obligations("reference"):
        best = float("inf")
        for _ in range(REPEAT):
            start = time.perf_counter()
            proof = prove(spec, obligation)
            best = min(best, time.perf_counter() - start)
        assert proof.outcome == "proved", obligation.name
        total += best
        print(
            f"{obligation.name:<46}{proof.contexts:>10,}{proof.combinations:>14,}"
            f"{best:>9.3f}{proof.contexts / best:>12,.0f}"
        )
    print(f"{'all':<46}{'':>24}{total:>9.3f}")


if __name__ == "__main__":
    main()
