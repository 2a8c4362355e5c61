"""Values in base64 and hexadecimal are found where they stand, as they flow, and blobs that say nothing flow on."""

import base64
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.finding import Finding
from guard.scan.engine import PatternEngine
from tests.core.playbook import REDACT_ALL
from tests.flow import cut, stream
from tests.scan.planted import CUTS, PIECES

CONTENT = Channel(0, "content")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def hexed(text: str) -> str:
    return text.encode().hex()


def utf16(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


LINES = base64.encodebytes(b"When you write to the office, write to joe@example.com or call +44 20 7946 0958, please.")
EMAIL, CARD = "joe@example.com", "4111 1111 1111 1111"
FOUND = {
    "base64": (b64(EMAIL), ["EMAIL_ADDRESS"]),
    "base64 among words": (f"it says {b64('write to ' + EMAIL + ' soon')}, I think", ["EMAIL_ADDRESS"]),
    "base64 without padding": (b64(f"{CARD}.").rstrip("="), ["CREDIT_CARD"]),
    "base64 for addresses": (url(f"~~~???>>> {EMAIL} ???"), ["EMAIL_ADDRESS"]),
    "base64 in lines": (LINES.decode(), ["EMAIL_ADDRESS", "PHONE_NUMBER"]),
    "base64 of UTF-8": (b64("schrieb José an josé@example.com"), ["EMAIL_ADDRESS"]),
    "base64 of UTF-16": (utf16(EMAIL), ["EMAIL_ADDRESS"]),
    "base64 in a data URL": (f"data:text/plain;base64,{b64(EMAIL)}", ["EMAIL_ADDRESS"]),
    "base64 behind a path": (f"https://a.example/v1/verify/{b64(EMAIL)}", ["EMAIL_ADDRESS"]),
    "base64 behind a key": (f"email={b64(EMAIL)}&page=1", ["EMAIL_ADDRESS"]),
    "base64 with an escaped end": (f"?q={b64('to ' + EMAIL)[:-1]}%3D", ["EMAIL_ADDRESS"]),
    "base64 of base64": (b64(b64(f"write to {EMAIL}")), ["EMAIL_ADDRESS"]),
    "base64 of an escape": (b64("jane%40example.com"), ["EMAIL_ADDRESS"]),
    "base64 of hexadecimal": (b64(hexed(EMAIL)), ["EMAIL_ADDRESS"]),
    "base64 of a token": (b64("ghp_" + "a1B2c3D4e5F6" * 3), ["SECRET_GITHUB_TOKEN"]),
    "hexadecimal": (hexed(EMAIL), ["EMAIL_ADDRESS"]),
    "hexadecimal in upper case": (hexed(f"card {CARD}").upper(), ["CREDIT_CARD"]),
    "hexadecimal behind 0x": (f"0x{hexed(EMAIL)}", ["EMAIL_ADDRESS"]),
    "two stretches": (f"{b64(EMAIL)} {hexed(CARD)}", ["EMAIL_ADDRESS", "CREDIT_CARD"]),
    "text and then bytes": (f"{b64(EMAIL)}ABCDEFGHIJKL", ["EMAIL_ADDRESS"]),
}
NOT_FOUND = (
    "internationalization of telecommunications and/or well-known-phrases",
    "/usr/local/lib/python3/site-packages/example",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "123e4567-e89b-12d3-a456-426614174000",
    f"this is {b64('nothing but a sentence, and a harmless one')}",
    hexed("nothing but a sentence"),
    "data:image/png;base64," + base64.b64encode(random.Random(7).randbytes(20_000)).decode(),
    random.Random(8).randbytes(20_000).hex(),
    "AAAA" * 500,
)
STRETCHES = st.lists(
    st.one_of(
        PIECES.map(b64),
        PIECES.map(hexed),
        PIECES.map(utf16),
        st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode()),
        st.sampled_from(["/", "-", "=", " ", "\n", "\r\n", "0x", "word", "longer-words/", b64(EMAIL), hexed(EMAIL)]),
    ),
    max_size=6,
).map("".join)


def found(engine: PatternEngine, pieces: Iterable[str]) -> list[Finding]:
    memory = engine.open(CONTENT)
    *first, last = pieces
    findings = [finding for piece in first for finding in memory.feed(piece, False).findings]
    findings += memory.feed(last, True).findings
    memory.close()
    return sorted(findings, key=lambda finding: (finding.start, finding.end, finding.type))


@pytest.mark.parametrize("name", FOUND)
def test_a_value_is_found_however_it_is_encoded(engine: PatternEngine, name: str) -> None:
    text, types = FOUND[name]
    assert [finding.type for finding in found(engine, [text])] == types


@pytest.mark.parametrize("name", FOUND)
def test_and_wherever_it_is_cut(engine: PatternEngine, name: str) -> None:
    text, _ = FOUND[name]
    whole = found(engine, [text])
    assert found(engine, list(text)) == whole
    for at in range(1, len(text)):
        assert found(engine, [text[:at], text[at:]]) == whole, at


@pytest.mark.parametrize("text", NOT_FOUND, ids=range(len(NOT_FOUND)))
def test_what_says_nothing_of_the_kind_is_left_alone(engine: PatternEngine, text: str) -> None:
    assert found(engine, [text]) == []
    assert found(engine, [text[at : at + 5] for at in range(0, len(text), 5)]) == []


@pytest.mark.parametrize(
    ("text", "encoded", "rule"),
    [
        (f"see {b64('abc' + ' ' * 3 + EMAIL + ' ' * 3)}", b64(EMAIL), "email_in_base64"),
        (f"see {hexed('to ' + EMAIL)}!", hexed(EMAIL), "email_in_hex"),
    ],
)
def test_a_finding_covers_what_the_value_was_written_with(
    engine: PatternEngine, text: str, encoded: str, rule: str
) -> None:
    (finding,) = found(engine, [text])
    assert (text[finding.start : finding.end], finding.rule) == (encoded, rule)


@given(text=STRETCHES, cuts=CUTS)
@example(text=utf16("-----BEGIN PRIVATE KEY-----\nMIIE ") + b64("am9lQGV4YW1wbGUuY29t"), cuts=[])
@example(text="d3JpdGUgYWJvdXQg7aCAIHRoaXM=d3JpdGUgYWJvdXQg4ICAIGl0", cuts=[3])
@example(text=utf16("-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END PRIVATE KEY-----"), cuts=[])
def test_the_client_reads_the_same_text_however_it_is_cut(engine: PatternEngine, text: str, cuts: list[int]) -> None:
    whole, _ = stream(engine, REDACT_ALL, CONTENT, [text] if text else [])
    pieces, seen = stream(engine, REDACT_ALL, CONTENT, cut(text, cuts))
    letters, _ = stream(engine, REDACT_ALL, CONTENT, list(text))
    assert pieces == letters == whole
    assert all(whole.startswith(so_far) for so_far in seen)


@pytest.mark.parametrize("encode", [b64, hexed, utf16])
def test_no_part_of_a_value_leaves_before_its_verdict(engine: PatternEngine, encode: Callable[[str], str]) -> None:
    text = f"see {encode('write to ' + EMAIL + ' soon')} there"
    start = found(engine, [text])[0].start
    _, seen = stream(engine, REDACT_ALL, CONTENT, list(text))
    whole, _ = stream(engine, REDACT_ALL, CONTENT, [text])
    assert all(whole.startswith(so_far) for so_far in seen)
    assert whole.startswith(text[:start] + "[")


@pytest.mark.parametrize(
    "blob",
    [
        base64.b64encode(random.Random(1).randbytes(9_000)).decode().replace("//", "/x"),
        base64.urlsafe_b64encode(random.Random(2).randbytes(9_000)).decode(),
        random.Random(3).randbytes(9_000).hex(),
        b64("nothing but a sentence, " * 300),
    ],
    ids=["base64", "base64url", "hexadecimal", "a long text"],
)
def test_a_long_blob_flows_on(engine: PatternEngine, blob: str) -> None:
    memory = engine.open(CONTENT)
    taken = 0
    for at in range(0, len(blob), 7):
        taken += len(blob[at : at + 7])
        assert taken - memory.feed(blob[at : at + 7], False).upto <= 160
    memory.close()


@pytest.mark.parametrize("data", [b"\xed\xa0\x80", b"\xe0\x80\xaf", b"\xf4\x90\x80\x80", b"\xf0\x80\x80\xaf"])
def test_bytes_that_are_no_characters_are_passed_over(engine: PatternEngine, data: bytes) -> None:
    text = base64.b64encode(b"some text in front of it " + data * 3 + b" and behind").decode()
    assert found(engine, [text]) == []
