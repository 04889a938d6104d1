"""The run itself: ask, store, judge, store. Answers and verdicts come in two stages, side by side.

A run that was cut off at any moment is taken up again by running it once more on the same folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import msgspec

from adhere.conversation import Answer, Case, Message
from adhere.errors import AdhereError
from adhere.evaluate.conduct import conduct
from adhere.evaluate.folder import RunFolder
from adhere.evaluate.run import AnswerRecord, Key, TurnRecord, VerdictRecord
from adhere.evaluate.suite import Suite
from adhere.judge import Judge
from adhere.models import Model, OutOfBudget


class Standing(msgspec.Struct):
    """How far a run has come.

    Attributes:
        expected: Answers a complete run has.
        judged: Answers that have their verdict, before this start too.
        answered: Answers that came since this start.
        unheard: Of these, how many are errors, blocked, or could not be read.
        failing: Verdicts since this start that are not adherent.
        out_of_budget: Whether it ended because the budget has no room for another request.
    """

    expected: int
    judged: int
    answered: int = 0
    unheard: int = 0
    failing: int = 0
    out_of_budget: bool = False


async def run(
    folder: RunFolder, suite: Suite, models: Sequence[Model], judge: Judge, *,
    concurrency: int = 16, progress: Callable[[Standing], None] = lambda _standing: None,
    stop: asyncio.Event | None = None,
) -> Standing:  # fmt: skip
    """Ask and judge whatever the folder does not hold yet.

    It ends early, and can be taken up, where the budget has no room for another request.

    Args:
        folder: An entered `RunFolder`.
        suite: What to ask.
        models: Whom; the names must be those of the manifest.
        judge: Who judges.
        concurrency: How many answers, and how many verdicts, may be under way at once.
        progress: Called after each verdict.
        stop: Once it is set nothing new is asked; what is under way is waited for and stored.

    Raises:
        SystemFault: The folder cannot be written any more.
    """
    runner = _Runner(folder, judge, concurrency, progress, stop or asyncio.Event())
    progress(runner.standing)
    try:
        await runner.run(_todo(folder, suite, models))
        return runner.standing
    except BaseExceptionGroup as group:
        fault: BaseException = group
        while isinstance(fault, BaseExceptionGroup):  # the first is the cause, the rest follow
            fault = fault.exceptions[0]
        raise (fault if isinstance(fault, AdhereError) else group) from group
    finally:
        for model in models:
            await model.close()
        await judge.close()


def _todo(
    folder: RunFolder, suite: Suite, models: Sequence[Model]
) -> Iterator[tuple[Model, Case, int]]:
    codes, place = folder.table.codes, 0
    for model in models:
        for epoch in range(folder.manifest.epochs):
            for case in suite.cases:
                if not codes[place]:
                    yield model, case, epoch
                place += 1


class _Runner:
    """Askers hand their answers to judges over a queue that holds as many as there are askers."""

    def __init__(
        self, folder: RunFolder, judge: Judge, concurrency: int,
        progress: Callable[[Standing], None], stop: asyncio.Event,
    ) -> None:  # fmt: skip
        self._folder, self._judge, self._concurrency = folder, judge, concurrency
        self._progress, self._stop = progress, stop
        self._answers: asyncio.Queue[tuple[Key, Case, Answer] | None] = asyncio.Queue(concurrency)
        self.standing = Standing(folder.manifest.expected, folder.table.judged)

    async def run(self, todo: Iterator[tuple[Model, Case, int]]) -> None:
        async with asyncio.TaskGroup() as judges:
            for _ in range(self._concurrency):
                judges.create_task(self._judge_answers())
            async with asyncio.TaskGroup() as askers:
                for _ in range(self._concurrency):
                    askers.create_task(self._ask(todo))
            for _ in range(self._concurrency):
                await self._answers.put(None)

    async def _ask(self, todo: Iterator[tuple[Model, Case, int]]) -> None:
        for model, case, epoch in todo:
            key = (model.name, case.id, epoch)
            try:
                answer = await self._answer(model, case, key)
            except OutOfBudget:
                self._end()
                return
            await self._answers.put((key, case, answer))
            if self._stop.is_set():
                return

    async def _answer(self, model: Model, case: Case, key: Key) -> Answer:
        table = self._folder.table
        slot = table.slot(key)
        if slot is None:
            raise ValueError(f"the manifest does not ask {key}")
        if table.has_answer(slot):
            return table.answer(slot)

        def store(said: tuple[Message, ...]) -> None:
            self._folder.append(TurnRecord(*key, said))

        answer = await conduct(model, case, key[2], table.said(slot), store)
        self._folder.append(AnswerRecord(*key, answer))
        self.standing.answered += 1
        self.standing.unheard += answer.problem is not None
        return answer

    async def _judge_answers(self) -> None:
        while (item := await self._answers.get()) is not None:
            key, case, answer = item
            try:
                verdict = await self._judge.verdict(case, answer)
            except OutOfBudget:
                self._end()
                continue
            self._folder.append(VerdictRecord(*key, verdict))
            self.standing.judged += 1
            self.standing.failing += verdict.adherent is False
            self._progress(self.standing)

    def _end(self) -> None:
        self.standing.out_of_budget = True
        self._stop.set()
