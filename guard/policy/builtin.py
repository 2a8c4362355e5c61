"""What the embedded engine does not share with OPA: built-ins that it lacks, gets wrong, or can be kept busy with.

rego-cpp 1.5.2 was compared with OPA 1.22 call by call (`tests/policy/builtin_calls.py`). What differs in ordinary use
is refused when a policy is loaded, so that no policy means one thing here and another on an OPA server. What takes more
than linear time on a string that a client chose is refused as well. The rest of what differs is on `docs/policy.md`.

A call is judged by the policy's text: an argument that is not written out there could be anything.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from guard.policy.lexeme import Token, tokens

_SERVER: Final = "or let an OPA server decide (`opa:` in the configuration)"

LACKING: Final[Mapping[str, str]] = {
    **dict.fromkeys(("all", "any"), "use `every` or `some`"),
    **dict.fromkeys(
        ("cast_array", "cast_boolean", "cast_null", "cast_object", "cast_set", "cast_string"),
        "use is_array and its like",
    ),
    **dict.fromkeys(("assign", "eq"), "use := or =="),
    "re_match": "use startswith, endswith or contains",
    "set_diff": "use -",
    "strings.split_n": "use split",
    "trace": "use `guard policy test --coverage`",
    **dict.fromkeys(
        (
            "net.cidr_contains",
            "net.cidr_contains_matches",
            "net.cidr_expand",
            "net.cidr_intersects",
            "net.cidr_is_valid",
            "net.cidr_merge",
            "net.cidr_overlap",
        ),
        'compare the beginning of the address (`startswith(input.client.address, "10.")`)',
    ),
    **dict.fromkeys(
        ("http.send", "net.lookup_ip_addr", "providers.aws.sign_req"),
        "a decision calls nobody: put what it needs into data.json",
    ),
    **dict.fromkeys(
        (
            "crypto.x509.parse_and_verify_certificates_with_options",
            "graphql.is_valid",
            "graphql.parse",
            "graphql.parse_and_verify",
            "graphql.parse_query",
            "graphql.parse_schema",
            "graphql.schema_is_valid",
            "json.match_schema",
            "json.verify_schema",
            "rego.metadata.chain",
            "rego.metadata.rule",
            "rego.parse_module",
            "strings.render_template",
        ),
        "do without it",
    ),
}
"""Built-ins of OPA that the engine does not have, each with what to do instead."""

_UNCOMPARED: Final = "its answers have not been compared with OPA's: do without it"
_BACKTRACKS: Final = (
    "it backtracks, so that a client's text can keep it busy for hours, and knows other expressions than OPA: "
    "use startswith, endswith, contains or glob.match"
)
_SHALLOW: Final = (
    "it does not merge what lies deeper, as OPA does: write a rule for each key, "
    "or {key: value | some source in [a, b]; some key, value in source}"
)
_BY_DIGITS: Final = "it orders numbers by their digits, 10 before 9: compare with < in a rule"
_AS_TEXT: Final = "it fails on times that end in Z, or writes them otherwise: compare times as text (`input.now`)"

REFUSED: Final[Mapping[str, str]] = {
    "internal.print": "print writes to the process's output, where names that clients choose do not belong: remove it",
    "opa.runtime": "opa.runtime reads the process's environment, where secrets lie: use data.json",
    **dict.fromkeys(
        (
            "regex.find_all_string_submatch_n",
            "regex.find_n",
            "regex.globs_match",
            "regex.is_valid",
            "regex.match",
            "regex.replace",
            "regex.split",
            "regex.template_match",
        ),
        _BACKTRACKS,
    ),
    **dict.fromkeys(("max", "min"), _BY_DIGITS),
    **dict.fromkeys(("object.union", "object.union_n"), _SHALLOW),
    **dict.fromkeys(("time.format", "time.parse_ns", "time.parse_rfc3339_ns"), _AS_TEXT),
    "time.diff": "it counts days otherwise than OPA: subtract nanoseconds",
    "format_int": "it drops digits of other bases than ten and of negative numbers: use sprintf",
    "hex.encode": "it is wrong for letters beyond ASCII: use base64.encode",
    **dict.fromkeys(
        ("semver.compare", "semver.is_valid"), "it orders pre-releases otherwise than OPA: compare as text"
    ),
    **dict.fromkeys(
        ("urlquery.decode", "urlquery.encode"), "it treats + and spaces otherwise than OPA: use urlquery.decode_object"
    ),
    "yaml.marshal": "it writes another YAML than OPA: use json.marshal",
    **dict.fromkeys(("base64.is_valid",), "it takes what OPA does not: use base64.decode"),
    "strings.replace_n": "an empty pattern would never end: use replace",
    **dict.fromkeys(
        (
            "crypto.parse_private_keys",
            "crypto.x509.parse_and_verify_certificates",
            "crypto.x509.parse_certificate_request",
            "crypto.x509.parse_certificates",
            "crypto.x509.parse_keypair",
            "crypto.x509.parse_rsa_private_key",
            "io.jwt.decode_verify",
            "io.jwt.decode",
            "io.jwt.encode_sign",
            "io.jwt.encode_sign_raw",
            *(f"io.jwt.verify_{kind}{bits}" for kind in ("es", "hs", "ps", "rs") for bits in (256, 384, 512)),
            "io.jwt.verify_eddsa",
        ),
        _UNCOMPARED,
    ),
}
"""Built-ins that the engine has and may not be used, each with the reason and what to do instead."""

_VERBS: Final = re.compile(r"%(?:%|v|s|d|(?:\.\d+)?f)")
_STARS: Final = re.compile(r"\*+")
_WHOLE: Final = re.compile(r"\d{1,4}")
Arguments = Sequence[Sequence[Token]]


def lacking(name: str) -> str:
    """What to say of a function that neither the policy nor the engine has."""
    if name in LACKING:
        return f"{name} is not in the embedded engine: {LACKING[name]}, {_SERVER}"
    return f"there is no function {name} here: correct its name, or do without it"


def refused(name: str) -> str:
    """Why a built-in may not be called, empty if it may."""
    if name not in REFUSED:
        return ""
    return REFUSED[name] if name in ("internal.print", "opa.runtime") else f"{name}: {REFUSED[name]}, {_SERVER}"


def misused(text: str) -> Iterator[tuple[int, str]]:
    """Calls in a module that the engine gets wrong for their arguments: the line, and what to do."""
    found = list(tokens(text))
    for place, token in enumerate(found):
        name = _name(found, place)
        if name in _CONDITIONS and (message := _CONDITIONS[name](_arguments(found, place + 2))):
            yield token.line, f"{name}: {message}, {_SERVER}"
        if name == "sort" and _enclosing(found, place) != "concat":
            yield token.line, f"sort: {_BY_DIGITS}; texts are sorted right within concat, {_SERVER}"


def _name(found: Sequence[Token], place: int) -> str:
    """The name of the built-in that is called here, empty if none is: its last word comes right before a bracket."""
    if place + 1 >= len(found) or found[place + 1].text != "(":
        return ""
    begin = place
    while begin >= 2 and found[begin - 1].text == "." and found[begin - 2].line == found[place].line:
        begin -= 2
    return "".join(token.text for token in found[begin : place + 1])


def _enclosing(found: Sequence[Token], place: int) -> str:
    """The name of the call that has the one here for an argument; empty if none has."""
    depth = 0
    for at in range(place - 1, 0, -1):
        depth += (found[at].text in ")]}") - (found[at].text in "([{")
        if depth < 0:
            return _name(found, at - 1)
    return ""


def _arguments(found: Sequence[Token], begin: int) -> Arguments:
    """The tokens of each argument of a call whose first argument begins here."""
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in found[begin:]:
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth < 0:
            break
        if token.text == "," and depth == 0:
            arguments.append([])
        else:
            arguments[-1].append(token)
    return arguments


def _written(arguments: Arguments, number: int) -> str | None:
    """The content of an argument that is one string without escapes; None if it is anything else."""
    if len(arguments) <= number or len(arguments[number]) != 1:
        return None
    text = arguments[number][0].text
    return text[1:-1] if text[0] in '"`' and "\\" not in text else None


def _replace(arguments: Arguments) -> str:
    if _written(arguments, 1):
        return ""
    return "an empty text to look for would never end: write that text out, not empty"


def _glob(arguments: Arguments) -> str:
    pattern = _written(arguments, 0)
    if pattern is not None and len(_STARS.findall(pattern)) <= 1:
        return ""
    return "a pattern with several stars can be kept busy for hours: write it out, with one * at most"


def _sprintf(arguments: Arguments) -> str:
    form = _written(arguments, 0)
    if form is None or "%" not in _VERBS.sub("", form):
        return ""
    return "the engine knows %v, %s, %d, %f and %%: use those"


def _walk(arguments: Arguments) -> str:
    if len(arguments) < 2 or (arguments[1][:1] and arguments[1][0].text == "["):
        return ""
    return "a variable for the pair gets nothing: write [path, value]"


def _range(arguments: Arguments) -> str:
    if all(len(argument) == 1 and _WHOLE.fullmatch(argument[0].text) for argument in arguments):
        return ""
    return "bounds that a client chooses fill the memory: write them out, up to 9999"


_CONDITIONS: Final[Mapping[str, Callable[[Arguments], str]]] = {
    "replace": _replace,
    "glob.match": _glob,
    "sprintf": _sprintf,
    "walk": _walk,
    "numbers.range": _range,
    "numbers.range_step": _range,
    # The engine can't write a plan that names it, so the plan's inspection would come too late.
    "crypto.x509.parse_and_verify_certificates_with_options": lambda _: (
        "it is not in the embedded engine: do without it"
    ),
}
