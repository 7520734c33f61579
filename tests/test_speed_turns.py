"""The benchmark's turns: their order, their number, and what each begins with."""

import itertools
import time
from itertools import pairwise

import pytest
import torch
from torch_act.command_line.calls import calls
from torch_act.command_line.layouts import Layout, make_input
from torch_act.command_line.measurement import Plan, measure
from torch_act.command_line.turns import times_of_turns

CALLS = {call.label: call for call in calls(training=True)}


def test_in_place_meets_the_same_numbers_in_each_turn():
    plan = Plan(CALLS["leaky_relu"], torch.float32, 64, "in place", Layout.stride_2)
    first = []

    def timer(contender, count):
        result = contender()
        if hasattr(contender, "refresh"):
            first.append(result.clone())
        return 1e-3  # so fast that a turn would take 200 million calls

    cell = measure(plan, repeats=4, timer=timer)
    assert cell.ours > 0
    assert all(torch.equal(numbers, first[-1]) for numbers in first[4:])
    x = make_input(64, torch.float32, Layout.stride_2, torch.device("cpu"))
    assert torch.equal(
        first[-1], torch.where(x > 0, x, x * 0.01 * 0.01)
    )  # untimed call, timed call


def test_no_turns_beyond_the_budget():
    def slow():
        time.sleep(0.003)

    assert len(times_of_turns([slow], repeats=50, budget=0.02)) < 10
    assert len(times_of_turns([slow], repeats=50, budget=0.0)) == 2
    assert len(times_of_turns([slow], repeats=5)) == 5


@pytest.mark.parametrize("count", [3, 4])
def test_two_rounds_are_enough_to_follow_different_contenders(count):
    order = []

    def timer(contender, calls):
        order.append(contender())
        return 1e9  # so long that no turn has more than the call that is timed

    times_of_turns([lambda k=k: k for k in range(count)], repeats=2, timer=timer)
    rounds = order[count:]  # after each one's first call, which tells how long it is
    assert len(rounds) == 2 * count
    follows = set(pairwise(order))
    for contender in range(count):
        assert len({before for before, after in follows if after == contender}) >= 2


@pytest.mark.parametrize("nanoseconds", [1e4, 1e9])
def test_each_turn_starts_with_an_untimed_call(nanoseconds):
    events = []

    def timer(contender, count):
        contender()
        events[-1] += " timed"
        return nanoseconds

    times_of_turns([lambda: events.append("a"), lambda: events.append("b")], 2, timer=timer)
    turns = [["a", "a timed"], ["b", "b timed"], ["b", "b timed"], ["a", "a timed"]]
    assert events[-8:] == list(itertools.chain(*turns))
