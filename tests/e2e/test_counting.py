"""Tokens by class over real sockets: a client that leaves in mid-thought, a process that is killed, a check."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.metering.count.words import words_json

from . import wire
from .process import REPOSITORY, Guard
from .scripted import Fault, ScriptedBackend


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("counting")


@pytest.fixture(scope="module")
def settings(folder: Path, backends: str) -> str:
    """With a tokenizer of one token a word, and without models, which this is not about."""
    (folder / "words.json").write_bytes(words_json())
    tokenizers = f"tokenizers: [{{models: ['scripted-*'], file: {folder / 'words.json'}}}]\n"
    return f"policies: {REPOSITORY / 'policies'}\n{tokenizers}{backends}"


@pytest.fixture(scope="module")
def counting(folder: Path, settings: str) -> Iterator[Guard]:
    guard = Guard(folder / "guard", settings)
    guard.ready()
    yield guard
    guard.terminate()


def left_after(http: httpx.Client, guard: Guard, model: str, words: bytes) -> None:
    """Leaves as soon as these words are there."""
    seen = b""
    with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model)) as answer:
        for data in answer.iter_raw():
            seen += data
            if words in seen:
                return


def test_a_client_that_leaves_in_the_middle_is_charged_for_what_came(
    counting: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    thought, answer = wire.chunk(reasoning_content="hm so it is. "), wire.chunk(content="One two three. ")
    backend.play(wire.head(), wire.part(thought), wire.part(answer), Fault.STALL)
    left_after(http, counting, model, b"three.")

    row = counting.row(model, "aborted")
    assert (row["prompt_tokens"], row["completion_tokens"], row["reasoning_tokens"]) == (2 + 4 + 3, 4 + 3, 4)
    assert (row["usage_source"], row["split_source"]) == ("counted", "counted")


def test_thoughts_between_tags_are_parts_of_what_the_backend_counts(
    counting: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    pieces = [wire.chunk(content=text) for text in ("<think>", "hm", " so", "</think>", "Four", ".")]
    backend.play(*wire.stream(*pieces, wire.chunk(finish="stop"), wire.usage(11, 7)))
    http.post(f"{counting.base_url}/chat/completions", json=wire.ask(model))

    row = counting.row(model, "completed")
    assert (row["completion_tokens"], row["reasoning_tokens"], row["tool_tokens"]) == (7, 4, None)
    assert (row["usage_source"], row["split_source"]) == ("provider", "counted")


def test_parts_of_the_prompt_are_kept_as_the_backend_reports_them(
    counting: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    details = {"cached_tokens": 64, "audio_tokens": 0, "image_tokens": 20}
    counts = {"prompt_tokens": 90, "completion_tokens": 1, "prompt_tokens_details": details}
    usage = wire.event({"id": "c", "object": "chat.completion.chunk", "created": 1, "choices": [], "usage": counts})
    backend.play(*wire.stream(wire.chunk(content="Hi."), wire.chunk(finish="stop"), usage))
    http.post(f"{counting.base_url}/chat/completions", json=wire.ask(model))

    row = counting.row(model, "completed")
    assert (row["cached_tokens"], row["audio_tokens"], row["image_tokens"]) == (64, 0, 20)


def test_a_check_has_an_entry(counting: Guard, http: httpx.Client) -> None:
    answer = http.post(f"{counting.url}/v1/guard/check", json={"input": "Write to the two of them about lunch."})
    assert answer.status_code == 200

    (row,) = [row for row in counting.settled("") if row["exchange"] == answer.headers["x-guard-exchange"]]
    assert (row["dialect"], row["status"], row["prompt_tokens"], row["backend"]) == ("guard.check", "completed", 0, "")
    assert row["guard_tokens"] > 0


def test_a_killed_process_leaves_what_was_thought_and_called(
    tmp_path: Path, settings: str, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    guard = Guard(tmp_path, settings)
    try:
        guard.ready()
        backend.play(
            wire.head(),
            wire.part(wire.chunk(reasoning_content="x" * 60 + " ")),
            wire.part(wire.chunk(content="Well. ")),
            Fault.STALL,
        )
        with http.stream("POST", f"{guard.base_url}/chat/completions", json=wire.ask(model)) as answer:
            next(data for data in answer.iter_raw() if b"Well" in data)
            guard.kill()
        assert backend.seen().dropped()
    finally:
        guard.kill()
    again = Guard(tmp_path, settings)
    try:
        again.ready()
        row = again.row(model, "failed")
    finally:
        again.kill()
    assert (row["reason"], row["usage_source"], row["split_source"]) == ("process_died", "estimated", "estimated")
    assert (row["completion_tokens"], row["reasoning_tokens"]) == (17, 15)
