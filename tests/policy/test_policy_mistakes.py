"""What officers get wrong when they write a policy: each mistake is refused with file, line, cause and cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.errors import ConfigError
from guard.policy.embedded import EmbeddedPolicy

Write = Callable[[dict[str, str]], Path]

DENY = 'request := {"deny": deny}\n\n'

# The text below `package guard` and an empty line, the line that is at fault, what is said of it.
MISTAKES = [
    # Keys and words of a decision
    ('request := {\n\t"actons": {"pii": "redact"},\n}', 4, "unknown key `actons` in the decision: did you mean `act"),
    ('request := {"actions": a}\n\na := {\n\t"secret": "redcat",\n}', 6, "unknown word `redcat`: did you mean `red"),
    ('request := {"actions": {"pi.direct": "flag"}}', 3, "no finding type or group `pi.direct`: did you mean `pii"),
    ('request := {"release": "hold"}', 3, "release has an unknown word `hold`: did you mean `held`"),
    ('request := {"thresholds": {"pii": "0.5"}}', 3, "a score in thresholds is not a number from 0 to 1"),
    ('request := {"actions": {"pii", "redact"}}', 3, "actions is not an object: write {…}"),
    (DENY + 'deny := "no"', 5, "deny is not a set or an array: define it with `contains`"),
    (DENY + 'deny contains {"code": "No Model"}', 5, "a code in deny is not a word: use lower case"),
    (DENY + 'deny contains {"code": "x", "msg": "y"}', 5, "more than code, message and internal: remove the rest"),
    (DENY + 'deny[reason] if {\n\treason := input.model\n}', 5, "deny is not a set or an array: define"),
    ('request := {"labels": l}\n\nl := {"n": 3}', 3, "a value in labels is not a string"),
    # Rules that conflict, functions that fail, on the example
    ('request := a\n\na := {}\n\na := {"deny": []}', 7, "rules conflict: they give different values"),
    ('request := {"labels": {"a": concat(",", input.model)}}', 3, "concat has no value for a string, a string"),
    # Rego of OPA's 0.x versions
    (DENY + 'deny["no"] {\n\tinput.stream\n}', 5, "a body needs `if` before it: write `deny contains ITEM if {`"),
    (DENY + 'deny contains "no" {\n\tinput.stream\n}', 5, "a body needs `if` before it: write `deny … if {`"),
    ('request = {"deny": []} { input.stream }', 3, "a body needs `if` before it"),
    ('request := {} if {\n\tinput.stream\n} else = {} {\n\tinput.model\n}', 5, "write `else := VALUE if {`"),
    ("request := {} if {\n\tinput.stream\n} {\n\tinput.model\n}", 5, "a rule has one body: write a second rule"),
    # Habits of other languages
    ("request := {} if {\n\tinput.stream\n} elif {\n\tinput.model\n}", 5, "there is no elif: write `} else := VALUE"),
    (DENY + 'deny contains "x" if input.model == "x" and input.stream', 5, "each condition on a line of its own"),
    (DENY + 'deny contains "x" if input.model == "x" && input.stream', 5, "each condition on a line of its own"),
    (DENY + 'deny contains "x" if input.model == "x" || input.stream', 5, "write a second rule of the same name"),
    (DENY + 'deny contains "x" if !input.stream', 5, "write `not …`"),
    (DENY + "deny contains 'x' if input.stream", 5, "write strings in double quotes"),
    (DENY + 'deny contains “x” if input.stream', 5, "straight double quotes"),
    (DENY + 'deny contains "x if input.stream', 5, "close the string"),
    (DENY + 'deny contains "x" if input.stream == True', 5, "True has no value: write `true`"),
    (DENY + 'deny contains "x" if input.max_tokens == None', 5, "None has no value: write `null`"),
    (DENY + 'deny contains "x" if {\n\tinput.model := "x"\n}', 6, "`:=` makes a variable, and input.model is none"),
    (DENY + 'deny contains "x" if input.model = = "x"', 5, "compare with `==`"),
    (DENY + 'deny contains "x" if { input.model == "x", input.stream }', 5, "part conditions with `;` or new lines"),
    (DENY + 'deny contains "x" if {\n\tsome m of input.messages\n\tm.chars > 1\n}', 6, "write `some … in …`"),
    (DENY + 'deny "x" if input.stream', 5, "define a set with `contains`"),
    ("// no comment\nrequest := {}", 3, "begin a comment with #"),
    # Names that are not there
    (DENY + 'deny contains "x" if input.model in settings.models', 5, "settings has no value: write `import data"),
    ("import data.lib.setings\n\nrequest := {}", 3, "nothing here is data.lib.setings: did you mean data.lib.sett"),
    (DENY + 'deny contains "x" if input.modle == "x"', 5, "Guard sends no input.modle: did you mean model?"),
    (DENY + 'deny contains "x" if input.identity.teir == "x"', 5, "Guard sends no input.identity.teir: did you mean"),
    (DENY + 'deny contains "x" if input.findings[_].typ == "x"', 5, "Guard sends no input.findings[…].typ: did you"),
    (DENY + 'deny contains "x" if starts_with(input.model, "x")', 5, "there is no function starts_with here"),
    (DENY + 'deny contains "x" if startswith(input.model)', 5, "startswith takes 2 arguments, and 1 is given"),
    (DENY + 'deny contains "x" if count(input.model, 3) == 1', 5, "count takes 1 arguments, and 2 are given"),
    (DENY + 'deny contains reason if input.stream', 5, "reason has no value: correct its name, or bind it"),
    ('request := {\n\t"actions": actons,\n}\n\nactions := {}', 4, "actons has no value: did you mean actions?"),
    ('request := {\n\t"deny": deny,\n\t"actions": action,\n}\n\ndeny := []', 5, "action has no value: correct"),
    # Shape
    ("default request := {}\n\ndefault request := {}", 5, "guard.request has a second default"),
    ("request := a\n\na := {}\n\na(x) := {} if x", 7, "guard.a is a rule and a function"),
    ("request := a\n\na := b\n\nb := a", 5, "a rule needs itself (guard.a needs guard.b needs guard.a)"),
    (DENY + 'deny contains "x" if {\n\tinput.stream\n', 5, "unclosed: close it"),
    ('request := {"deny": [] "actions": {}}', 3, "part the members with commas"),
    (DENY + "import data.lib.settings\n\ndeny := []", 5, "put imports right after the package"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), MISTAKES, ids=[f"{case[2][:40]}" for case in MISTAKES])
def test_a_mistake_is_told_with_its_place_and_cure(write: Write, text: str, line: int, says: str) -> None:
    library = "package lib.settings\n\nmodels := []\n"
    directory = write({"sub/bad.rego": f"package guard\n\n{text}\n", "lib.rego": library})

    with pytest.raises(ConfigError) as caught:
        EmbeddedPolicy(directory)

    assert f"sub/bad.rego: line {line}: " in caught.value.message
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("request := {}\n", "bad.rego: line 1: names no package: begin it with `package guard`"),
        ("# a comment\n\nrequest := {}\n\npackage guard\n", "bad.rego: line 3: names no package"),
        ("\ufeffpackage guard\n\nrequest := {}\n", "bad.rego: line 1: begins with a byte order mark"),
        ("package gaurd\n\nrequest := {}\n", "bad.rego has data.gaurd.request, so correct its package"),
    ],
)
def test_a_wrong_beginning_is_told(write: Write, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        EmbeddedPolicy(write({"bad.rego": text}))

    assert says in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "request := {} if input.identity.claims.team",
        'request := {} if input.scores["injection"] > 0.5',
        "request := {} if input.tool.arguments.to.whatever",
        'request := {} if input["model"] == "x"',
        "request := {} if { some f in input.findings; f.whatever }",
        'request := {"labels": {"input": "x.input.nothing"}} # input.nothing',
        "request := {} if not {1, 2} == {2}",
        "request := x if { [x, y] := [{}, 1]; y == 1 }",
        'request := {} if { {"a": x} := {"a": 1}; x == 1 }',
        "request := f(input).r\n\nf(a) := {\"r\": {}} if a\n\nelse := {}",
        "request := {}\n\nrequest_of := {x | some x in input.tools}\n\na.b.c := 1",
        "import rego.v1\n\nimport data.lib as l\n\nrequest := {} if l.settings.models == []",
        "import input.identity as who\n\nrequest := {} if who.tier",
        "request := x if x := {} else := {\n\t\"deny\": [],\n}",
    ],
)  # fmt: skip
def test_what_is_no_mistake_is_taken(write: Write, text: str) -> None:
    EmbeddedPolicy(
        write({"a.rego": f"package guard\n\n{text}\n", "lib.rego": "package lib.settings\n\nmodels := []\n"})
    )


def test_other_packages_may_read_what_guard_does_not_send(write: Write) -> None:
    other = 'package http.authz\n\nallow if input.path == ["x"]\n'

    EmbeddedPolicy(write({"a.rego": "package guard\n\nrequest := {}\n", "b.rego": other}))
