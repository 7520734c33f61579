"""What this installation is, what runs, what is missing, and what to do about it.

Needs nothing but torch: it also runs where the extra `tools` is missing, and says so.

- `machine`: all that is read from torch, the system and the environment, as plain facts.
- `checks`: what the facts mean; functions of the facts alone.
- `finding`: one line of the result; all of them as text and as JSON.
"""

from torch_act.doctor.checks import examine
from torch_act.doctor.finding import Finding, as_json, as_text, healthy
from torch_act.doctor.machine import Machine, this_machine

__all__ = ["Finding", "Machine", "examine", "report", "this_machine"]


def report(*, json: bool) -> int:
    """Prints all findings and returns the exit status: 1 where something is broken."""
    findings = examine(this_machine())
    print(as_json(findings) if json else as_text(findings))
    return 0 if healthy(findings) else 1
