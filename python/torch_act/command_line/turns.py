"""Contenders that take turns.

They do within one run, so that a change of the clock or of the neighbours' load meets all of them;
each order is followed by its reverse, and each turn starts with a call that is not timed, so that
none finds the caches and the free memory as another one left them. Long calls need that, too: the
host of a virtual machine takes back memory that has been free for a while, and who uses it next
waits (relu of 64M elements: 12 ms for each of calls in a row, 300 ms after a pause). The fastest of
many turns counts: what else the machine does can only add time.
"""

import gc
import math
import time
from collections.abc import Iterator
from itertools import cycle, islice, permutations

from torch_act.command_line.timers import Contender, Timer, cpu_timer

TURN_NS = 200_000  # calls are repeated until a turn takes this long
LONG_NS = 100 * TURN_NS  # one such call is a turn, however cold it was
LEAST_TURNS = 2


def times_of_turns(
    contenders: list[Contender], repeats: int, budget: float = math.inf, timer: Timer = cpu_timer
) -> list[list[float]]:
    """Nanoseconds of a call of each contender, in each turn."""
    counts = [_calls_in_a_turn(contender, timer) for contender in contenders]
    turns: list[list[float]] = []
    collecting = gc.isenabled()
    gc.disable()
    start = time.perf_counter()
    try:
        for order in islice(cycle(_orders(len(contenders))), repeats):
            if len(turns) >= LEAST_TURNS and time.perf_counter() - start > budget:
                break
            turn = [math.inf] * len(contenders)
            for index in order:
                contender, count = contenders[index], counts[index]
                _refresh(contender)
                contender()
                turn[index] = timer(contender, count)
            turns.append(turn)
    finally:
        if collecting:
            gc.enable()
    return turns


def _orders(count: int) -> Iterator[tuple[int, ...]]:
    """All orders of so many, each followed by its reverse."""
    for order in permutations(range(count)):
        if order <= order[::-1]:
            yield order
            yield order[::-1]


def fastest(contenders: list[Contender], repeats: int, timer: Timer = cpu_timer) -> list[float]:
    """Nanoseconds of a call of each contender, the fastest of their turns."""
    turns = times_of_turns(contenders, repeats, timer=timer)
    return [min(times) for times in zip(*turns, strict=True)]


def _refresh(contender: Contender) -> None:
    if refresh := getattr(contender, "refresh", None):
        refresh()


def _calls_in_a_turn(contender: Contender, timer: Timer) -> int:
    _refresh(contender)
    if (first := timer(contender, 1)) < LONG_NS:
        contender()  # pages, caches, lazy initialisation
        first = timer(contender, 1)
    count = max(1, round(TURN_NS / first))
    return min(count, getattr(contender, "most_calls", count))
