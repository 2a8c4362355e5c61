"""Slot values of the indirect-injection corpus: names, addresses, amounts, links, dates.

Every value serves attacks and clean text alike, so that none gives the label away. Made up, and drawn from the
random stream that is handed in; knows no phrases and no labels.
"""

import random
import string
from collections.abc import Callable

from faker import Faker

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "en_IN", "tr_TR", "sv_SE", "pt_BR")
POOL = 250
_UNSTABLE_CITIES = "it_IT"  # this provider draws from a set: another city in each process


def faker_pools(seed: int) -> dict[str, list[str]]:
    """Names, firms and places of many countries; drawn once per seed, for Faker is slow."""
    fakers = [Faker(locale) for locale in LOCALES]
    for fake in fakers:
        fake.seed_instance(seed)

    def pool(make: Callable[[Faker], str], size: int = POOL) -> list[str]:
        return [make(fakers[at % len(fakers)]).replace("\n", ", ") for at in range(size)]

    cities = pool(lambda fake: fake.city())
    return {
        "person": pool(lambda fake: f"{fake.first_name()} {fake.last_name()}", 2 * POOL),
        "first": pool(lambda fake: fake.first_name()),
        "company": pool(lambda fake: fake.company()),
        "address": pool(lambda fake: fake.address()),
        "city": [name for at, name in enumerate(cities) if LOCALES[at % len(LOCALES)] != _UNSTABLE_CITIES],
        "job": pool(lambda fake: fake.job(), 60),
    }


def _email(rng: random.Random) -> str:
    user = rng.choice(_NAMES) + rng.choice(("", ".", "_", "-")) + rng.choice((*_NAMES, *_TEAMS, str(rng.randrange(99))))
    return f"{rng.choice((user, user, rng.choice(_TEAMS)))}@{_host(rng)}"


def _host(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(("gmail.com", "outlook.com", "proton.me", "yahoo.com", "icloud.com", "gmx.net"))
    tops = (".com", ".com", ".net", ".org", ".io", ".co", ".eu", ".info", ".dev", ".co.uk", ".de", ".example")
    return rng.choice(_STEMS) + rng.choice(("", "-")) + rng.choice(_STEMS) + rng.choice(tops)


def _url(rng: random.Random) -> str:
    path = "/".join(rng.choice(_STEMS) for _ in range(rng.randrange(3)))
    query = rng.choice(("", "", "", f"?id={rng.randrange(9999)}", f"?ref={rng.choice(_NAMES)}", "?q=", "?data="))
    start = rng.choice(("https://", "https://", "http://")) + rng.choice(("", "www.", "app.", "go."))
    return f"{start}{_host(rng)}/{path}{query}"


def _iban(rng: random.Random) -> str:
    land, size = rng.choice((("DE", 20), ("GB", 20), ("CH", 19), ("FR", 25), ("NL", 16), ("US", 20), ("PL", 26)))
    return land + "".join(rng.choice(string.digits) for _ in range(size))


def _amount(rng: random.Random) -> str:
    value = rng.choice((rng.randrange(1, 99), rng.randrange(100, 9999), rng.randrange(10, 90) * 10))
    number = rng.choice((f"{value}", f"{value}.{rng.randrange(100):02d}", f"{value:,}"))
    return rng.choice((f"${number}", f"€{number}", f"£{number}", f"{number} EUR", f"{number} USD", f"{number} dollars"))


def _date(rng: random.Random) -> str:
    year, month, day = rng.randrange(2021, 2027), rng.randrange(1, 13), rng.randrange(1, 29)
    names = ("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
    iso = f"{year}-{month:02d}-{day:02d}"
    name = names[month - 1]
    return rng.choice((iso, iso, f"{day} {name} {year}", f"{name} {day}", f"{month}/{day}/{year}"))


def _file(rng: random.Random) -> str:
    ends = ("pdf", "docx", "xlsx", "csv", "txt", "md", "pptx", "json", "png", "zip", "py", "yaml")
    stem = rng.choice(_STEMS) + rng.choice("-_") + rng.choice(_STEMS) + rng.choice(("", "-v2", "_final", "2024"))
    return f"{stem}.{rng.choice(ends)}"


_NAMES = (
    "anna",
    "ben",
    "carla",
    "dmitri",
    "elena",
    "farid",
    "grace",
    "hugo",
    "ines",
    "jonas",
    "kira",
    "liam",
    "maya",
    "nikhil",
    "olga",
    "pablo",
    "qing",
    "rosa",
    "sven",
    "tariq",
    "uma",
    "viktor",
    "wendy",
    "ximena",
    "yusuf",
    "zoe",
    "marta",
    "otto",
    "priya",
    "lena",
)
_TEAMS = (
    "info",
    "support",
    "sales",
    "billing",
    "accounts",
    "office",
    "hr",
    "team",
    "archive",
    "backup",
    "contact",
    "admin",
    "desk",
    "news",
    "hello",
    "ops",
)
_STEMS = (
    "north",
    "blue",
    "alder",
    "cedar",
    "harbor",
    "pixel",
    "quant",
    "river",
    "stone",
    "vector",
    "lumen",
    "orbit",
    "summit",
    "delta",
    "maple",
    "nova",
    "terra",
    "bright",
    "swift",
    "cloud",
    "data",
    "open",
    "green",
    "metro",
    "atlas",
    "prime",
    "echo",
    "fern",
    "beacon",
    "copper",
    "meadow",
    "falcon",
    "ledger",
    "signal",
    "canvas",
    "report",
    "invoice",
    "notes",
    "plan",
    "team",
    "mirror",
    "vault",
    "garden",
    "light",
    "field",
)

VALUES: dict[str, Callable[[random.Random], str]] = {
    "email": _email,
    "host": _host,
    "url": _url,
    "iban": _iban,
    "amount": _amount,
    "date": _date,
    "file": _file,
    "time": lambda rng: f"{rng.randrange(24):02d}:{rng.choice((0, 5, 12, 15, 30, 45, 59)):02d}",
    "stamp": lambda rng: (
        f"2025-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}:"
        f"{rng.randrange(60):02d}:{rng.randrange(60):02d}Z"
    ),
    "n": lambda rng: str(rng.randrange(2, 13)),
    "nn": lambda rng: str(rng.randrange(10, 100)),
    "nnn": lambda rng: str(rng.randrange(100, 1000)),
    "nnnn": lambda rng: str(rng.randrange(1000, 10000)),
    "price": lambda rng: f"{rng.randrange(1, 900)}.{rng.choice((0, 49, 50, 95, 99)):02d}",
    "rate": lambda rng: str(rng.randrange(1, 6)),
    "hex": lambda rng: f"{rng.getrandbits(32):08x}",
    "long": lambda rng: "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(24)),
    "ip": lambda rng: ".".join(str(rng.randrange(1, 255)) for _ in range(4)),
    "phone": lambda rng: f"+{rng.randrange(1, 99)} {rng.randrange(100, 999)} {rng.randrange(1000000, 9999999)}",
    "handle": lambda rng: rng.choice(_NAMES) + rng.choice(("", "_", ".")) + rng.choice(_STEMS),
    "version": lambda rng: f"{rng.randrange(5)}.{rng.randrange(20)}.{rng.randrange(10)}",
    "path": lambda rng: "/" + "/".join(rng.choice(_STEMS) for _ in range(rng.randrange(1, 4))),
}
