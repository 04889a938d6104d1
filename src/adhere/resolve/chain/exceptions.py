"""Exceptions among instructions of one key and one standing: where they rank, and cycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def rank_exceptions(
    orders: Mapping[int, int], excepts: Mapping[int, Sequence[int]]
) -> tuple[dict[int, int], dict[int, list[int]], list[int]]:
    """Move exceptions up to what they except, and leave out exceptions that go in a circle.

    Args:
        orders: For each instruction its place in the order; lower comes first.
        excepts: What each exception excepts; instructions that are not in ``orders`` do not count.

    Returns:
        The orders, where an exception that was said earlier than what it excepts counts as said
        with it; the exceptions to each instruction; and all that are concerned, each exception
        before what it excepts.
    """
    targets = {
        one: [other for other in others if other in orders]
        for one, others in excepts.items()
        if one in orders
    }
    ranked = dict(orders)
    exceptions: dict[int, list[int]] = {}
    turns: list[int] = []
    circle: dict[int, int] = {}
    for number, members in enumerate(_circles(targets)):  # what is excepted comes first
        for one in members:
            circle[one] = number
        for one in members:
            turns.append(one)
            for other in targets.get(one, ()):
                if circle[other] != number:
                    ranked[one] = min(ranked[one], ranked[other])
                    exceptions.setdefault(other, []).append(one)
    turns.reverse()
    return ranked, exceptions, turns


def _circles(targets: Mapping[int, Sequence[int]]) -> Iterator[list[int]]:
    """Tarjan's strongly connected components, a component after all it leads to.

    Iterative, because a chain of exceptions may be longer than Python's stack.
    """
    index: dict[int, int] = {}
    lowest: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in targets:
        if root in index:
            continue
        work = [(root, iter(targets[root]))]
        index[root] = lowest[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for other in successors:
                if other not in index:
                    index[other] = lowest[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(targets.get(other, ()))))
                    break
                if other in on_stack:
                    lowest[node] = min(lowest[node], index[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == index[node]:
                    members: list[int] = []
                    while not members or members[-1] != node:
                        members.append(stack.pop())
                        on_stack.discard(members[-1])
                    yield members
