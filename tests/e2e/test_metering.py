"""Every exchange has one row, with every token counted once, however it ends; also when the process is killed."""

import contextlib
import signal
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import wire
from .planted import EMAIL
from .process import REPOSITORY, Guard
from .scripted import Fault, Gate, ScriptedBackend

ASKED = {"stream_options": {"include_usage": True}}


def asked(http: httpx.Client, guard: Guard, model: str, **members: Any) -> wire.Seen:
    return wire.seen(http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, **members)).content)


def test_usage_is_asked_for_on_guards_account_and_hidden(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hello."), wire.chunk(finish="stop"), wire.usage(11, 7)))
    answer = asked(http, guard, model)
    assert backend.seen().json["stream_options"]["include_usage"] is True
    assert answer.usages == []
    assert b'"choices":[]' not in answer.raw.replace(b" ", b"")
    row = guard.row(model, "completed")
    assert (row["prompt_tokens"], row["completion_tokens"], row["usage_source"]) == (11, 7, "provider")


def test_usage_is_shown_to_a_client_that_asked(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hello."), wire.chunk(finish="stop"), wire.usage(11, 7)))
    answer = asked(http, guard, model, **ASKED)
    assert [(usage["prompt_tokens"], usage["completion_tokens"]) for usage in answer.usages] == [(11, 7)]


def test_an_explicit_zero_is_a_count(guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hello."), wire.chunk(finish="stop"), wire.usage(11, 0)))
    asked(http, guard, model)
    row = guard.row(model, "completed")
    assert (row["completion_tokens"], row["usage_source"]) == (0, "provider")


def test_a_backend_that_counts_nothing_is_estimated(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    words = [wire.chunk(content=f"word{count} ") for count in range(30)]
    backend.play(*wire.stream(*words, wire.chunk(finish="stop")))
    asked(http, guard, model)
    row = guard.row(model, "completed")
    assert row["usage_source"] == "estimated"
    assert row["completion_tokens"] >= 30
    assert row["prompt_tokens"] > 0


def test_a_whole_answer_is_counted_as_the_backend_says(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.whole(wire.message(content="Hi")))
    http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, stream=False))
    row = guard.row(model, "completed")
    assert (row["prompt_tokens"], row["completion_tokens"], row["usage_source"], row["stream"]) == (3, 5, "provider", 0)


def test_a_row_tells_what_was_decided_and_never_what_was_said(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.stream(wire.chunk(content=f"Mail {EMAIL} now."), wire.chunk(finish="stop")))
    asked(http, guard, model)
    row = guard.row(model, "completed")
    assert row["decision"] == "redact"
    assert "EMAIL_ADDRESS" in row["findings"]
    assert row["generation"]
    assert row["first_ms"] <= row["total_ms"]
    assert EMAIL not in str(row)


def test_a_failed_exchange_keeps_its_tokens(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    words = [wire.part(wire.chunk(content=f"word{count} ")) for count in range(10)]
    gate, seen = Gate(), b""
    backend.play(wire.head(), *words, gate, Fault.RESET)
    with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model)) as answer:
        for data in answer.iter_raw():
            seen += data
            if b"word7" in seen:
                gate.open()
    row = guard.row(model, "failed")
    assert row["completion_tokens"] >= 8
    assert row["usage_source"] == "estimated"


@pytest.mark.parametrize("count", [2, 5])
def test_each_exchange_has_a_row_of_its_own_whatever_the_backend_calls_them(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, count: int
) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hi."), wire.chunk(finish="stop")))
    for _ in range(count):
        asked(http, guard, model)
    http.get(f"{guard.url}/healthz")
    other = f"{model}-last"
    asked(http, guard, other)
    guard.row(other, "completed")
    assert len({row["exchange"] for row in guard.rows(model)}) == count


def finished(http: httpx.Client, backend: ScriptedBackend, guard: Guard, model: str) -> None:
    backend.play(*wire.stream(wire.chunk(content="Hi."), wire.chunk(finish="stop"), wire.usage(2, 1)))
    assert asked(http, guard, model).done


def killed_in_flight(http: httpx.Client, backend: ScriptedBackend, guard: Guard, model: str) -> None:
    backend.play(wire.head(), wire.part(wire.chunk(content="It was there, ")), Fault.STALL)
    with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model)) as answer:
        parts = answer.iter_bytes()
        next(parts)
        guard.wait_rows(model, 1)
        guard.kill()
    assert backend.seen().dropped()


def test_a_killed_process_leaves_rows_that_say_so_and_the_next_one_stops_without_losing_any(
    tmp_path: Path, backends: str, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    settings = f"policies: {REPOSITORY / 'policies'}\n{backends}"
    guard = Guard(tmp_path, settings)
    try:
        guard.ready()
        finished(http, backend, guard, f"{model}-done")
        done = guard.row(f"{model}-done", "completed")
        killed_in_flight(http, backend, guard, model)
    finally:
        guard.kill()
    with contextlib.closing(sqlite3.connect(guard.database)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [row["status"] for row in guard.rows(model)] == ["open"]
    again = Guard(tmp_path, settings)
    try:
        again.ready()
        assert again.row(model, "failed")["reason"] == "process_died"
        assert again.row(f"{model}-done", "completed") == done
        for count in range(5):
            finished(http, backend, again, f"{model}-{count}")
        assert again.terminate() in (0, -signal.SIGTERM)
    finally:
        again.kill()
    rows = [again.rows(f"{model}-{count}") for count in range(5)]
    assert [[row["status"] for row in found] for found in rows] == [["completed"]] * 5
