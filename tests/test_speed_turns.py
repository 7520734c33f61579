"""The benchmark's turns: their order, their number, and what each begins with."""

import time
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from torch_act.command_line import turns
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
    contenders = [lambda k=k: order.append(k) for k in range(count)]

    def timer(contender, calls):
        contender()
        return 1e9  # so long that no turn has more than the call that is timed

    times_of_turns(contenders, repeats=2, timer=timer)
    rounds = order[count:]  # after each one's first call, which tells how long it is
    assert len(rounds) == 2 * count
    follows = set(pairwise(order))
    for contender in range(count):
        assert len({before for before, after in follows if after == contender}) >= 2


@pytest.mark.parametrize(("seconds", "untimed"), [(0.5, 0), (1.5, 2)])
def test_a_long_call_is_repeated_if_the_last_is_a_second_ago(monkeypatch, seconds, untimed):
    now = [0.0]
    monkeypatch.setattr(turns, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    events = []

    def timer(contender, count):
        contender()
        events.append("timed")
        now[0] += seconds
        return 1e9

    times_of_turns([lambda: events.append("called"), lambda: None], repeats=2, timer=timer)
    # Once for its length, then in order and in reverse: the other one's turns, one and then two of
    # them, are between its own.
    assert events.count("called") == 3 + untimed
    called_twice = [pair for pair in pairwise(events) if pair == ("called", "called")]
    assert len(called_twice) == untimed, "what is not timed comes right before what is"
