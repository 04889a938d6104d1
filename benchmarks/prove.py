"""How long each standing obligation of the reference spec takes (processor time), over how much.

python benchmarks/prove.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from adhere.assemble import load_spec
from adhere.assemble.obligations import load_obligations
from adhere.resolve import Proof, ProtectionProof, prove, prove_protection

REPEAT = 3


def main() -> None:
    spec = load_spec("reference")
    file = load_obligations("reference")
    print(f"{'obligation':<46}{'contexts':>10}{'seconds':>9}{'per second':>12}")
    total = 0.0
    runs: list[tuple[str, Callable[[], Proof | ProtectionProof]]] = []
    runs += [(one.name, partial(prove, spec, one)) for one in file.obligation]
    runs += [(one.name, partial(prove_protection, spec, one)) for one in file.protection]
    for name, run in runs:
        best = float("inf")
        for _ in range(REPEAT):
            start = time.process_time()
            proof = run()
            best = min(best, time.process_time() - start)
        assert proof.outcome == "proved", name
        total += best
        print(f"{name:<46}{proof.contexts:>10,}{best:>9.3f}{proof.contexts / best:>12,.0f}")
    print(f"{'all':<46}{'':>10}{total:>9.3f}")


if __name__ == "__main__":
    main()
