"""A broken policy does not boot, and the error says where it is broken and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.errors import ConfigError
from guard.policy.embedded import EmbeddedPolicy

Write = Callable[[dict[str, str]], Path]

ALLOW = 'package guard\n\nrequest := {"deny": []}\n'
DENY = 'package guard\n\nrequest := {"deny": deny}\n\n'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('package guard\n\nrequest := {\n\t"deny": [],\n', 3, "unclosed"),
        ('package guard\n\n# ä\n\nrequest := 1 if {\n\tinput.model = = "x"\n}\n', 6, "assignment"),
        (DENY + 'deny contains "x" if modle == "x"\n', 5, "no value"),
        (DENY + 'deny contains "x" if {\n\ty := input.model\n\tz == y\n}\n', 7, "no value"),
        (DENY + 'deny contains "x" if starts(input.model, "x")\n', 5, "no function starts"),
        (DENY + 'deny contains "x" if http.send({"method": "get", "url": "http://a.example"})\n', 5, "http.send"),
        (DENY + 'deny contains "x" if print(input.model)\n', 5, "print"),
        (DENY + 'deny contains "x" if opa.runtime().env.HOME\n', 5, "opa.runtime"),
        (DENY + 'deny contains "x" if other with input as {}\n\nother if input.model\n', 5, "`with`"),
        (DENY + 'deny contains "x" if other with input.model as "y"\n\nother if input.model\n', 5, "`with`"),
        ('package guard\n\nrequest := {"a": "\0"}\n', 3, "NUL"),
    ],
)
def test_a_broken_policy_is_refused_with_file_and_line(write: Write, text: str, line: int, says: str) -> None:
    directory = write({"fine.rego": "package guard.fine\n\nx := 1\n", "sub/bad.rego": text})

    with pytest.raises(ConfigError) as caught:
        EmbeddedPolicy(directory)

    assert f"sub/bad.rego: line {line}: " in caught.value.message
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.txt": ""}, "no policy"),
        ({"a_test.rego": "package guard_test\n"}, "no policy"),
        ({"a.rego": "package guard\n\nother := 1\n"}, "data.guard.request"),
        ({"a.rego": "package other\n\nrequest := {}\n"}, "data.guard.request"),
        ({"a.rego": "package guard\n\nrequest := a\n\na := b\n\nb := a\n"}, "needs itself"),
        ({"a.rego": 'package guard\n\nrequest := {"actions": {"secret": "redcat"}}\n'}, "`redact`"),
        ({"a.rego": 'package guard\n\nrequest := {"a": 1}\n\nrequest := {"a": 2}\n'}, "a.rego: line 5: rules conflict"),
        (
            {"a.rego": 'package guard\n\nrequest := {\n\t"actons": {},\n}\n'},
            "a.rego: line 4: policy: unknown key `actons`",
        ),
        ({"a.rego": 'package guard\n\nrequest := {"actons": {}}\n'}, "no usable decision on an example request"),
        ({"a.rego": ALLOW, "data.json": "[]"}, "data.json: is not an object"),
        ({"a.rego": ALLOW, "data.json": '{"a": 1'}, "data.json: line 1: is not sound JSON"),
        ({"a.rego": ALLOW, "data.json": '{"a": 18446744073709551616}'}, "data.json: a number is past 64 bits"),
        ({"a.rego": ALLOW, "data.json": '{"a": 1, "a": 2}'}, "data.json: an object has one name twice"),
        ({"a.rego": ALLOW, "data.json": '{"a": "\\ud800"}'}, "data.json: is not sound"),
        ({"a.rego": ALLOW, "data.json": '{"a": NaN}'}, "data.json: NaN is no number"),
        ({"a.rego": ALLOW, "data.json": '{"a": ' + "[" * 200 + "]" * 200 + "}"}, "data.json: is nested"),
        ({"a.rego": ALLOW, "data.yaml": "a: {"}, "data.yaml: line 1: is not sound YAML"),
        ({"a.rego": ALLOW, "data.yaml": "a: on"}, "data.yaml: line 1: is read differently"),
        ({"a.rego": ALLOW, "data.yaml": "a: &b [1]\nc: *b"}, "data.yaml: line 1: anchors"),
        ({"a.rego": ALLOW, "data.json": '{"a": 1}', "a/data.json": "{}"}, "data.a is defined in another file"),
        ({"a.rego": ALLOW, ".manifest": '{"roots": ["other"]}'}, ".manifest: the roots do not hold guard"),
        ({"a.rego": ALLOW, ".manifest": '{"rego_version": 0}'}, ".manifest: its rego_version is not 1"),
    ],
)
def test_a_directory_that_can_not_decide_is_refused(write: Write, files: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        EmbeddedPolicy(write(files))

    assert says in caught.value.message


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no directory"):
        EmbeddedPolicy(tmp_path / "nowhere")


def test_a_file_that_is_not_utf_8_is_refused(write: Write) -> None:
    directory = write({"a.rego": ALLOW})
    (directory / "b.rego").write_bytes(b"package guard\n# \xff\n")

    with pytest.raises(ConfigError, match=r"b\.rego: is not UTF-8"):
        EmbeddedPolicy(directory)


@pytest.mark.parametrize(
    "text",
    [
        'request := {"deny": ["with input as"]} # with input as',
        "request := {} if count(`with`) == 4",
        'request := {} if not input["with"]',
        "request := {} if { every m in input.messages { m.chars >= 0 } }",
        "request := {} if { some i; input.messages[i].role }",
        'request := {"labels": {k: v | some k, v in {"a": "b"}}}',
        'request := {"deny": [x | x := input.tools[_]; startswith(x, "y")]}',
        'request := {"labels": {"a": f("b")}}\n\nf(x) := y if { y := upper(x) } else := "z"',
        'request := {"deny": {x | [x, _] = ["a", "b"]}}',
        'request := {} if { walk(input, [path, value]); value == "user" }',
        'default request := {"deny": ["no"]}\n\nrequest := {} if input.identity.tier == "gold"',
    ],
)
def test_sound_rego_is_not_refused(write: Write, text: str) -> None:
    EmbeddedPolicy(write({"a.rego": f"package guard\n\n{text}\n"}))


def test_the_generation_follows_the_policy_and_not_its_tests(write: Write) -> None:
    first = EmbeddedPolicy(write({"a.rego": ALLOW})).generation
    assert EmbeddedPolicy(write({"a.rego": ALLOW})).generation == first
    assert EmbeddedPolicy(write({"a_test.rego": "package guard_test\n"})).generation == first
    assert EmbeddedPolicy(write({".hidden/b.rego": "not rego"})).generation == first

    with_data = EmbeddedPolicy(write({"data.json": '{"a": 1}'})).generation
    with_file = EmbeddedPolicy(write({"b.rego": "package guard\n\nx := 1\n"})).generation
    changed = EmbeddedPolicy(write({"b.rego": "package guard\n\nx := 2\n"})).generation

    assert len({first, with_data, with_file, changed}) == 4
