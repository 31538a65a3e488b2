"""Inside pytest: one warm process that runs every test once, and a fork of it for each mutant.

Not to be imported by anything of `./dev`, since it needs pytest; it is started as a program with one argument, a file
that says what to try, and writes what became of each mutant beside it (`exchange.py`).

A mutant is tried with the tests that reached its expression, the quickest first, until one fails. Tests that need a
database are left out: a pure room is held by tests of its own. All times are the processor's, so that a busy machine
chooses the same tests and calls nothing endless that is only slow.
"""

from __future__ import annotations

import gc
import importlib.machinery
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from _pytest.runner import runtestprotocol

from devtools.mutation.exchange import KILLED, NOT_REACHED, SURVIVED, Answer, Found, Request, answer_to
from devtools.mutation.mutants import QUESTION, Mutant, instrumented, mutants_of, sample

NEEDS_A_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}
MOST_MEMORY = 4 << 30  # bytes of addresses: a mutant that gathers without end fails instead of taking the machine
PATIENCE = (
    5.0  # seconds beside three times what the tests took in the warm process: then it hangs, which counts as killed
)


class Switch:
    """Answers what a mutant asks: whether it is the one that is on. In the warm process none is, and who asks is noted."""

    def __init__(self) -> None:
        self.asked: set[int] = set()
        self.on: int | None = None

    def __call__(self, number: int) -> bool:
        if self.on is None:
            self.asked.add(number)
        return number == self.on


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module with its mutants built in; never from or into a file of bytecode."""

    def __init__(self, name: str, path: str, numbers: dict[tuple[str, str, str], int], switch: Switch) -> None:
        super().__init__(name, path)
        self.numbers, self.switch = numbers, switch

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text()
        code: CodeType = compile(instrumented(source, fullname, self.numbers), self.path, "exec", dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        vars(module)[QUESTION] = self.switch
        super().exec_module(module)


class Finder(MetaPathFinder):
    def __init__(self, modules: dict[str, str], numbers: dict[tuple[str, str, str], int], switch: Switch) -> None:
        self.modules, self.numbers, self.switch = modules, numbers, switch

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.modules:
            return None
        file = self.modules[fullname]
        loader = Loader(fullname, file, self.numbers, self.switch)
        return importlib.machinery.ModuleSpec(fullname, loader, origin=file)


@dataclass
class Reach:
    """Which tests reach a mutant, and how many seconds each of them took without one."""

    seconds: dict[pytest.Item, float]
    tests: dict[int, list[pytest.Item]]

    def selection(self, number: int, seconds: float) -> list[pytest.Item]:
        """The quickest first, as many as fit into ``seconds``, but one at least."""
        chosen: list[pytest.Item] = []
        left = seconds
        for item in sorted(self.tests.get(number, []), key=lambda item: self.seconds[item]):
            left -= self.seconds[item]
            if left < 0 and chosen:
                break
            chosen.append(item)
        return chosen


class Mutation:
    """The plugin: in place of pytest's own loop over the tests."""

    def __init__(self, request: Request, plan: list[Mutant], switch: Switch) -> None:
        self.request, self.plan, self.switch = request, plan, switch
        self.found: list[Found] = []
        self.red: list[str] = []
        self.forget: list[Callable[[], None]] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if is_pure(item)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:  # while collecting
            raise session.Interrupted(f"{session.testsfailed} files of tests could not be read")
        say(f"{len(self.plan)} mutants; {len(session.items)} tests that need no database, first without any mutant …")
        self.forget = list(caches())
        reach = self._warmed(session.items)
        say(f"that took {sum(reach.seconds.values()):.0f} s; now the mutants, {self.request.processes} at a time …")
        gc.collect()
        gc.freeze()  # what is there now is never looked through again: children share its memory as it is
        self._try_all(reach)
        return True

    def _warmed(self, items: Iterable[pytest.Item]) -> Reach:
        reach = Reach({}, {})
        for item in items:
            self.switch.asked.clear()
            began = time.process_time()
            if not self._passes(item):
                self.red.append(item.nodeid)
                continue
            reach.seconds[item] = time.process_time() - began
            for number in self.switch.asked:
                reach.tests.setdefault(number, []).append(item)
        return reach

    def _passes(self, item: pytest.Item) -> bool:
        """One test by itself: nothing kept from the last one, and all it set up is torn down."""
        for forget in self.forget:
            forget()
        return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))

    def _try_all(self, reach: Reach) -> None:
        running: dict[int, tuple[Mutant, int, int]] = {}
        for number, mutant in enumerate(self.plan):
            selection = reach.selection(number, self.request.seconds)
            if not selection:
                self._note(mutant, NOT_REACHED, 0, 0)
                continue
            if len(running) >= self.request.processes:
                self._wait(running)
            expected = sum(reach.seconds[item] for item in selection)
            child = os.fork()
            if not child:
                self._be_mutant(number, selection, self.request.patience + 3 * expected)
            running[child] = mutant, len(selection), len(reach.tests[number])
        while running:
            self._wait(running)

    def _wait(self, running: dict[int, tuple[Mutant, int, int]]) -> None:
        child, status = os.wait()
        mutant, tests, reached = running.pop(child)
        self._note(mutant, KILLED if status else SURVIVED, tests, reached)

    def _note(self, mutant: Mutant, became: str, tests: int, reached: int) -> None:
        self.found.append(Found(*mutant.key, mutant.line, became, tests, reached))
        if len(self.found) % 100 == 0:
            say(f"{len(self.found)} of {len(self.plan)}")

    def _be_mutant(self, number: int, selection: list[pytest.Item], seconds: float) -> None:
        """Never returns: the child ends with 0 when all tests passed, with 1 or by a signal when not."""
        ended = 1
        try:
            silent = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silent, stream)
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, seconds)
            self.switch.on = number
            ended = 0 if all(self._passes(item) for item in selection) else 1
        finally:
            os._exit(ended)


def is_pure(item: pytest.Item) -> bool:
    return not (NEEDS_A_DATABASE & set(getattr(item, "fixturenames", ()))) and not item.get_closest_marker("django_db")


def caches() -> Iterable[Callable[[], None]]:
    """What empties each cache of a module: an answer kept from before would hide a mutant."""
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()):
            if type(value).__name__ == "_lru_cache_wrapper":
                yield value.cache_clear


def say(text: str) -> None:
    print(text, file=sys.__stderr__, flush=True)


def main(arguments: list[str]) -> int:
    asked = Path(arguments[0])
    request = Request.read(asked)
    plan = [
        mutant
        for module, file in request.modules.items()
        for mutant in sample(mutants_of(Path(file).read_text(), module), request.mutants, request.seed)
    ]
    switch = Switch()
    numbers = {mutant.key: number for number, mutant in enumerate(plan)}
    sys.meta_path.insert(0, Finder(request.modules, numbers, switch))
    plugin = Mutation(request, plan, switch)
    ended = pytest.main(request.pytest, plugins=[plugin])
    Answer(plugin.found, plugin.red).write(answer_to(asked))
    return int(ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
