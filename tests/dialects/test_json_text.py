"""JSON is read strictly (RFC 8259) and every literal's position is exact."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.dialects.json_text import JsonError, Reader, decode_string, encode_string, is_long_number

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "space": b"  ",
    "byte order mark": b"\xef\xbb\xbf{}",
    "two documents": b"{}{}",
    "trailing text": b'{"a":1} x',
    "trailing comma in object": b'{"a":1,}',
    "trailing comma in array": b"[1,]",
    "trailing comma behind a string": b'["a",]',
    "leading comma": b"[,1]",
    "two commas": b'["a",,"b"]',
    "comma and nothing": b"[,]",
    "missing comma": b'["a" "b"]',
    "missing comma between members": b'{"a":1 "b":2}',
    "strings for commas": b'["a" "b" "c"]',
    "strings for commas between members": b'{"a":1 "b" "c":2}',
    "missing colon": b'{"a" 1}',
    "missing value": b'{"a":}',
    "missing name": b"{:1}",
    "name without quotes": b"{a:1}",
    "number for a name": b"{1:2}",
    "object for a name": b"{{}:2}",
    "wrong closing mark": b'{"a":1]',
    "wrong closing mark of an array": b'["a"}',
    "unclosed object": b'{"a":1',
    "unclosed array": b'["a"',
    "unclosed string": b'"abc',
    "string that ends in a backslash": b'"abc\\"',
    "single quotes": b"{'a':1}",
    "comment": b'{"a":/* */1}',
    "newline in a string": b'"a\nb"',
    "control character in a string": b'"a\x01b"',
    "name twice": b'{"a":1,"a":2}',
    "name twice, once escaped": b'{"a":1,"\\u0061":2}',
    "name twice, deep": b'[{"x":{"a":1,"b":2,"a":3}}]',
    "name not UTF-8": b'{"\xff":1}',
    "name with half a surrogate pair": b'{"\\ud83d":1}',
    "name with a bad escape": b'{"\\x":1}',
    "NaN": b"NaN",
    "Infinity": b"[-Infinity]",
    "True": b"True",
    "truex": b"truex",
    "leading zero": b"01",
    "plus": b"+1",
    "minus alone": b"-",
    "point at the end": b"1.",
    "point at the start": b".1",
    "empty exponent": b"1e",
    "hexadecimal": b"0x10",
    "underscore": b"1_000",
    "bad number among numbers": b"[1,2,03]",
    "vertical tab for space": b"[1,\x0b2]",
    "no-break space": b"[1,\xc2\xa02]",
    "NUL": b"[1]\x00",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_is_not_strict_json_is_refused(raw: bytes) -> None:
    with pytest.raises(JsonError):
        Reader(raw).leaves()


BAD_STRINGS = {
    "half a surrogate pair": rb'"\ud83d"',
    "other half": rb'"\udc00"',
    "halves in the wrong order": rb'"\ude00\ud83d"',
    "encoded surrogate": b'"\xed\xa0\x80"',
    "not UTF-8": b'"\xff"',
    "overlong": b'"\xc0\xaf"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"',
    "unknown escape": rb'"\x41"',
    "short escape": rb'"\u00"',
    "newline": b'"a\nb"',
    "no quotes": b"abc",
    "two strings": b'"a""b"',
}


@pytest.mark.parametrize("literal", BAD_STRINGS.values(), ids=BAD_STRINGS)
def test_a_string_that_two_readers_could_read_differently_is_refused(literal: bytes) -> None:
    with pytest.raises(JsonError):
        decode_string(literal)


def test_the_messages_quote_nothing() -> None:
    with pytest.raises(JsonError) as caught:
        Reader(b'{"secret":1,"secret":2}').leaves()
    assert "secret" not in str(caught.value)
    assert "byte 12" in str(caught.value)


@pytest.mark.parametrize("depth", [1, 8, 512])
def test_depth_is_bounded_where_the_bound_says(depth: int) -> None:
    assert Reader(b"[" * depth + b"]" * depth, depth=depth).leaves()
    assert Reader(b'{"a":' * depth + b"1" + b"}" * depth, depth=depth).leaves()
    with pytest.raises(JsonError, match=f"nested deeper than {depth} levels"):
        Reader(b"[" * (depth + 1) + b"]" * (depth + 1), depth=depth).leaves()


def test_the_number_of_values_is_bounded() -> None:
    assert len(Reader(b'["a","b",{}]', most=3).leaves()) == 3
    with pytest.raises(JsonError, match="more than 3"):
        Reader(b'["a","b","c","d"]', most=3).leaves()


def test_a_million_opening_brackets_are_refused_and_nothing_else_happens() -> None:
    with pytest.raises(JsonError):
        Reader(b"[" * 1_000_000).leaves()
    with pytest.raises(JsonError):
        Reader(b'{"a":' * 200_000).leaves()


def kinds(raw: bytes) -> list[tuple[str, str, str]]:
    return [(leaf.where, leaf.kind, raw[leaf.start : leaf.end].decode()) for leaf in Reader(raw).leaves()]


def test_every_leaf_and_name_has_its_path_kind_and_place() -> None:
    assert kinds(b' { "a" : [ "x" , {"b":null} , -1.5e+3 ] , "c":{} , "d":[] , "e":true }\n') == [
        ("a", "string", '"a"'),
        ("a[]", "string", '"x"'),
        ("a[].b", "string", '"b"'),
        ("a[].b", "word", "null"),
        ("a[]", "number", "-1.5e+3"),
        ("c", "string", '"c"'),
        ("c", "empty", "{}"),
        ("d", "string", '"d"'),
        ("d", "empty", "[]"),
        ("e", "string", '"e"'),
        ("e", "word", "true"),
    ]


def test_an_array_of_numbers_is_one_leaf_however_long() -> None:
    raw = b"[" + b",".join(b"-0.%d" % n for n in range(200_000)) + b" ]"
    leaves = Reader(raw).leaves()
    assert [(leaf.kind, leaf.start, leaf.end) for leaf in leaves] == [("numbers", 0, len(raw))]


def test_an_array_with_a_number_as_long_as_a_cards_is_read_number_by_number() -> None:
    assert kinds(b"[1,4111111111111111]") == [("[]", "number", "1"), ("[]", "number", "4111111111111111")]
    assert kinds(b"[0.4111111111111111]") == [("", "numbers", "[0.4111111111111111]")]


@pytest.mark.parametrize(
    ("literal", "long"),
    [
        (b"4111111111111111", True),
        (b"-4111111111111111", True),
        (b"4111111111111111.0", True),
        (b"4111111111111111e0", True),
        (b"123456789012", True),
        (b"12345678901", False),
        (b"0.12345678901234", False),
        (b"-0.000012345678", False),
        (b"1.5e-123456789012", False),
    ],
)
def test_a_long_number_is_one_with_many_digits_before_its_point(literal: bytes, long: bool) -> None:
    assert is_long_number(literal) is long


AMBIGUOUS = [b'{"a.b":"x"}', b'{"a[]":"x"}', b'{"a]":"x"}', b'{"":"x"}']


@pytest.mark.parametrize("raw", AMBIGUOUS)
def test_a_name_that_could_pass_for_a_path_has_no_name_in_the_path(raw: bytes) -> None:
    assert {leaf.where for leaf in Reader(raw).leaves()} == {"?"}


def test_containers_are_where_they_stand() -> None:
    raw = b'{"a": [ {"b":"x"} ]}'
    reader = Reader(raw)
    reader.leaves()
    found = {path: raw[held.start : held.end] for path, held in reader.containers.items()}
    assert found == {(): raw, ("a",): b'[ {"b":"x"} ]', ("a", 0): b'{"b":"x"}'}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def rebuilt(raw: bytes) -> Any:
    """The document, put together from its leaves alone."""
    root: dict[str, Any] = {}
    for leaf in Reader(raw).leaves():
        if leaf.name:
            continue
        at: Any = root
        for step, following in zip(("root", *leaf.path), (*leaf.path, None), strict=True):
            literal = json.loads(raw[leaf.start : leaf.end])
            fresh: Any = literal if following is None else ([] if isinstance(following, int) else {})
            if isinstance(at, list):
                if len(at) == step:
                    at.append(fresh)
            else:
                at.setdefault(step, fresh)
            at = at[step]
    return root["root"]


@given(value=values, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_the_leaves_are_the_whole_document(value: Any, indent: int | None, ascii_only: bool) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert rebuilt(raw) == value


@given(raw=st.binary(max_size=60) | st.text(alphabet='{}[]",:\\ au01.-e\n', max_size=40).map(str.encode))
def test_whatever_it_takes_other_readers_take_too(raw: bytes) -> None:
    try:
        leaves = Reader(raw).leaves()
        for leaf in leaves:
            if leaf.kind == "string":
                decode_string(raw[leaf.start : leaf.end])
    except JsonError:
        return
    json.loads(raw)


@given(text=st.text())
def test_a_text_survives_encoding(text: str) -> None:
    literal = encode_string(text)
    assert decode_string(literal) == text == json.loads(literal)


@pytest.mark.parametrize("char", "\x85\u2028\u2029\n\r\x0b\x0c\x1c")
def test_no_character_of_an_encoded_text_breaks_a_line(char: str) -> None:
    assert len(encode_string(f"ä{char}b").decode().splitlines()) == 1
