"""Writes a core test as a transcript: event in, commands out, in words one can read."""

from collections.abc import Sequence

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.command import Command, Halt, Inspect, PauseUpstream, Release, ResumeUpstream, Settle
from guard.core.event import FrameSeen, Inspected
from guard.core.finding import Finding
from guard.core.frame import Frame, Slot
from guard.core.plan import FailureMode, Plan

CONTENT = Channel(0, "content")
SECOND = Channel(1, "content")
REASONING = Channel(0, "reasoning_content")

REDACT_ALL = Plan(actions={"*": Action.REDACT})
BLOCK_ALL = Plan(actions={"*": Action.BLOCK})
FLAG_ALL = Plan(actions={"*": Action.FLAG})


def plan(actions: dict[str, Action], *, hold_chars: int = 100, on_failure: FailureMode = FailureMode.BLOCK) -> Plan:
    return Plan(actions=actions, hold_chars=hold_chars, on_failure=on_failure)


def text(*pieces: str, channel: Channel = CONTENT, splittable: bool = True) -> FrameSeen:
    """A frame with one slot for each piece, all in one channel."""
    slots = tuple(Slot(channel, piece, 0, 0) for piece in pieces)
    return FrameSeen(Frame("|".join(pieces).encode(), slots, splittable=splittable and len(pieces) == 1))


def texts(**by_choice: str) -> FrameSeen:
    """A frame with a text for each of several choices: `texts(c0="a", c1="b")`."""
    slots = tuple(Slot(Channel(int(name[1:]), "content"), piece, 0, 0) for name, piece in by_choice.items())
    return FrameSeen(Frame(b"both", slots))


def bare(raw: bytes) -> FrameSeen:
    """A frame without text."""
    return FrameSeen(Frame(raw))


def finish(*choices: int) -> FrameSeen:
    return FrameSeen(Frame(b"finish", finishes=choices))


DONE = FrameSeen(Frame(b"[DONE]", last=True))


def verdict(upto: int, *findings: Finding, channel: Channel = CONTENT) -> Inspected:
    return Inspected(channel, "pattern", upto, findings)


def found(type_: str, start: int, end: int, *, continues: bool = False) -> Finding:
    return Finding(type_, start, end, continues=continues)


def said(commands: Sequence[Command]) -> list[str]:
    """The commands, each as a short line."""
    return [_line(command) for command in commands]


def _line(command: Command) -> str:
    if isinstance(command, Inspect):
        return f"inspect {command.channel.field}@{command.base} {command.text!r}{' final' if command.final else ''}"
    if isinstance(command, Release):
        return f"release {command.frame.raw.decode()}{'' if command.texts is None else f' as {list(command.texts)}'}"
    if isinstance(command, Halt):
        return f"halt {command.reason.value}"
    names = {Settle: "settle", PauseUpstream: "pause", ResumeUpstream: "resume"}
    return names[type(command)]
