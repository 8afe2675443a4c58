"""Compiles open documents beside the connection, the newest texts only.

In: documents that changed, and questions that wait for what the compiler says. Out: a
call for each analysis that is done. All methods are called from the thread of the
event loop, and so is what they call back; only the compiler runs in threads of its
own, on texts that do not change. A document is compiled once at a time: what changes
meanwhile is compiled after it, however often it changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sys
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from modelspec.lsp.analysis import Analysis, Document, analyse
from modelspec.lsp.session import Session

# How many things are compiled at a time: a spec that takes its time must not keep
# others from being checked.
THREADS = 2
# Python's own threads have less room on some systems than its stack may need.
_STACK = 16 * 2**20
# How long another thread may hold the interpreter while a client waits, in seconds.
_SWITCH = 0.001

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A few threads that never keep the process from ending."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._started = False

    async def run(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a function in one of them. Who gives up waiting is left alone."""
        self._start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            if future.cancelled():
                return
            try:
                found = function(*args, **kwargs)
            except BaseException as error:  # raised where it is awaited
                _tell(loop, _settle, future, None, error)
            else:
                _tell(loop, _settle, future, found, None)

        self._jobs.put(job)
        return await future

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        sys.setswitchinterval(_SWITCH)
        before = threading.stack_size(_STACK)
        for _ in range(THREADS):
            threading.Thread(target=self._work, daemon=True).start()
        threading.stack_size(before)

    def _work(self) -> None:
        while True:
            self._jobs.get()()


def _settle(
    future: asyncio.Future[T | None], found: T | None, error: BaseException | None
) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(found)


def _tell(
    loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *args: object
) -> None:
    # It fails where the connection is closed: nobody waits any more.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *args)


class Compiler:
    """`done` is called with each analysis, after the session has it."""

    def __init__(self, session: Session, done: Callable[[Analysis], None]) -> None:
        self.threads = Threads()
        self._session, self._done = session, done
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    def want(self, key: str, delay: float = 0.0) -> None:
        """Compile a document after a while, in which it does not change again."""
        self.forget(key)
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(delay, self._begin, key)
        self.wake(key)

    def forget(self, key: str) -> None:
        """A document need not be compiled: it changed again, or was closed."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    async def fresh(self, document: Document) -> Analysis | None:
        """The analysis of a document as it is now, when it is done; None once the
        document has changed or is closed, as nobody needs it then."""
        while self._session.documents.get(document.key) is document:
            found = self._session.fresh(document)
            if found is not None:
                return found
            self._begin(document.key)
            future = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(document.key, []).append(future)
            await future
        return None

    def _begin(self, key: str) -> None:
        """Compile a document now, or when the compiler is done with what it was."""
        self.forget(key)
        document = self._session.documents.get(key)
        if document is None or key in self._running:
            return
        if self._session.fresh(document) is None:
            self._running[key] = asyncio.create_task(self._compile(document))

    async def _compile(self, document: Document) -> None:
        session, key = self._session, document.key
        session.begin(key)
        try:
            documents = dict(session.documents)
            found = await self.threads.run(analyse, document, documents, session.policy)
            session.keep(found)
            self._done(found)
        finally:
            del self._running[key]
            self.wake(key)
        if key not in self._timers:
            self._begin(key)

    def wake(self, key: str) -> None:
        """Let those who wait for a document look again."""
        for future in self._waiting.pop(key, ()):
            if not future.done():
                future.set_result(None)
