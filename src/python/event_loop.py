"""An event loop for `asyncio` that blocks, as that of an ordinary Python process does.

The interpreter comes with a loop that counts as running for ever, because it belongs to a browser's page.
With it `asyncio.run` fails, and Django refuses to use its database ("from an async context").
"""

import asyncio
import time


class BlockingLoop(asyncio.BaseEventLoop):
    """Runs tasks and timers. It has no sockets, subprocesses or signals, as the interpreter has none."""

    def __init__(self):
        super().__init__()
        self._selector = Clock()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass  # wakes the selector for another thread, and there is no other


class Clock:
    """Takes the place of a selector: waits for the next timer, as there is no file to wait for."""

    def select(self, timeout):
        if timeout is None:  # no other thread exists that could end the wait
            raise RuntimeError("Cannot run event loop: it waits for an event that cannot happen")
        if timeout > 0:
            time.sleep(timeout)
        return []


class Policy(asyncio.events._BaseDefaultEventLoopPolicy):
    """Makes loops of this kind."""

    _loop_factory = BlockingLoop


def install():
    """Makes asyncio use such loops. No loop runs until the application runs one."""
    asyncio.events._set_event_loop_policy(Policy())
    asyncio._set_running_loop(None)
