"""Which secrets are found in files, and how often is something taken for one that is none?

    python -m benchmarks.secrets [--lines 400000] [--files 400]

Recall is measured on files that are generated here: configuration, code, logs and letters in many languages, from
templates of their own, with invented passwords and keys, the marked forms of a dozen providers among them. False alarms
are counted on real text: the source files, pages and licences of the Python and system packages on the machine. What a
package's own tests use as a password counts as an alarm, too. Values are never printed.
"""

import argparse
import random
import string
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from guard.core.channel import Channel
from guard.scan.engine import PatternEngine
from guard.security.table import SECRETS

QUESTION = "Which secrets are found in files, and how often is something taken for one?"
SUFFIXES: Final = frozenset(
    (".py", ".md", ".txt", ".rst", ".js", ".ts", ".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".conf", ".sh")
    + (".h", ".c", ".html", ".css", ".pl", ".pm")
)
MOST_BYTES: Final = 400_000
TEMPLATES: Final = Path(__file__).parent / "data" / "secret_templates.txt"
WORDS: Final = (
    *("harbour", "falcon", "winter", "Copper", "maple", "Tiger", "orbit"),
    *("Sunset", "river", "Phoenix", "marble", "Dragon", "pepper", "Rocket"),
)


class Result(msgspec.Struct, frozen=True):
    """`missed` and `alarms` count by kind of value and by rule; `lines` are those that false alarms were counted on."""

    question: str
    place: Place
    secrets: int
    found: int
    missed: dict[str, int]
    lines: int
    alarms: dict[str, int]
    us_per_line: float


def human(chance: random.Random) -> str:
    """A password as people choose it: a word with digits and a sign, or one with letters replaced."""
    word, number = chance.choice(WORDS), str(chance.randrange(10, 9999))
    leet = word.translate(str.maketrans("aeiost", "431057"))
    sign = chance.choice("!@#$%&*?_-")
    return chance.choice((word.capitalize() + number + sign, leet + sign + number, number + word.upper() + sign + leet))


def strong(chance: random.Random) -> str:
    """A password as a password manager makes it."""
    chars = string.ascii_letters + string.digits + "!@#%^*-_+=?"
    return "".join(chance.choices(chars, k=chance.randrange(12, 25)))


def key(chance: random.Random) -> str:
    """A key as a machine makes it: hexadecimal, base 64, letters and digits, a UUID."""
    alnum = string.ascii_letters + string.digits
    hexadecimal = "0123456789abcdef"
    kind = chance.randrange(4)
    if kind == 0:
        return "".join(chance.choices(hexadecimal, k=chance.choice((32, 40, 64))))
    if kind == 1:
        return "".join(chance.choices(alnum + "+/", k=chance.choice((43, 63)))) + "="
    if kind == 2:
        return "".join(chance.choices(alnum, k=chance.randrange(20, 48)))
    return "-".join("".join(chance.choices(hexadecimal, k=size)) for size in (8, 4, 4, 4, 12))


KINDS: Final = {"human": human, "strong": strong, "key": key}


def files(count: int) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """Texts, and where in each one which kind of value stands."""
    templates = [part.strip("\n") for part in TEMPLATES.read_text(encoding="utf-8").split("\n---\n")]
    for number in range(count):
        chance = random.Random(number)
        yield _filled(templates[number % len(templates)], chance)


def _filled(template: str, chance: random.Random) -> tuple[str, list[tuple[str, int, int]]]:
    text, spans = "", []
    for number, piece in enumerate(template.replace("«", "»").split("»")):
        if number % 2:
            value = KINDS[piece](chance)
            spans.append((piece, len(text), len(text) + len(value)))
            text += value
        else:
            text += piece
    return text, spans


def read(engine: PatternEngine, text: str) -> list[tuple[str, int, int]]:
    """Every finding: its rule and its span."""
    scanner = engine.open(Channel(0, "content"))
    verdict = scanner.feed(text, True)
    scanner.close()
    return [(f.rule, f.start, f.end) for f in verdict.findings if f.type.startswith("SECRET_") and not f.continues]


def recall(engine: PatternEngine, count: int) -> tuple[int, Counter[str]]:
    """How many values there are, and of which kinds those are that are not covered whole."""
    total, missed = 0, Counter[str]()
    for text, spans in files(count):
        covered = {at for _, start, end in read(engine, text) for at in range(start, end)}
        total += len(spans)
        missed.update(kind for kind, start, end in spans if not covered.issuperset(range(start, end)))
    return total, missed


def real_files() -> list[Path]:
    """Text files of the packages on this machine, in an order that mixes them."""
    paths = sysconfig.get_paths()
    roots = {Path(paths[name]) for name in ("stdlib", "purelib")} | {Path("/usr/share/doc"), Path("/usr/share/perl")}
    found = [path for root in sorted(roots) if root.is_dir() for path in root.rglob("*") if path.suffix in SUFFIXES]
    found = sorted({path for path in found if path.is_file() and path.stat().st_size <= MOST_BYTES})
    random.Random(1).shuffle(found)
    return found


def alarms(engine: PatternEngine, most_lines: int) -> tuple[int, Counter[str], float]:
    """Lines read, findings by rule, and CPU seconds."""
    lines, found, begun = 0, Counter[str](), time.process_time()
    for path in real_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines += text.count("\n") + 1
        found.update(rule for rule, _, _ in read(engine, text))
        if lines >= most_lines:
            break
    return lines, found, time.process_time() - begun


def run(most_lines: int, count: int) -> Result:
    """Both measurements."""
    engine = PatternEngine(SECRETS)
    total, missed = recall(engine, count)
    lines, found, seconds = alarms(engine, most_lines)
    return Result(
        QUESTION,
        place(),
        total,
        total - missed.total(),
        dict(sorted(missed.items())),
        lines,
        dict(found.most_common()),
        round(seconds * 1e6 / lines, 2),
    )


def show(result: Result) -> str:
    """The result as a Markdown table."""
    wrong = sum(result.alarms.values())
    head = ("secrets", "found whole", "recall", "lines of prose and code", "false alarms", "in 10,000 lines")
    row = (
        str(result.secrets),
        str(result.found),
        f"{result.found / result.secrets:.3f}",
        str(result.lines),
        str(wrong),
        f"{wrong * 1e4 / result.lines:.2f}",
    )
    return table(head, [row])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=400_000, help="of real text for false alarms, at least")
    parser.add_argument("--files", type=int, default=400, help="generated files for recall")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run(args.lines, args.files)
    write(args.out, "secrets", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
