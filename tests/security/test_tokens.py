"""Tokens that wear their vendor's mark are found; placeholders and words that begin alike are not.

The tokens are obviously false: they spell what they are, or are the alphabet.
"""

import pytest

from guard.security.table import PATTERNS
from tests.pii.reference import find

ALNUM = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
GITHUB = "EXAMPLENOTAREALGITHUBTOKEN0000000000"
FINE_GRAINED = "github_pat_" + ALNUM[:22] + "_" + ALNUM[:59]
SLACK = "xoxb-00000-00000-EXAMPLENOTAREALTOKEN"
USER = "xoxp-123456789012-123456789012-123456789012-" + "0123456789abcdef" * 2
HOOK = "hooks.slack.com/services/T00000000/B00000000/NOTAREALWEBHOOKTOKEN0123"
LEGACY = "sk-" + ALNUM[:20] + "T3BlbkFJ" + ALNUM[20:40]
GOOGLE = "AIza" + "Sy" + ALNUM[10:43]

FOUND = (
    *(
        ("SECRET_GITHUB_TOKEN", text, values)
        for text, values in (
            (f"token: ghp_{GITHUB}.", [f"ghp_{GITHUB}"]),
            (f"gho_{GITHUB}", [f"gho_{GITHUB}"]),
            (f"ghu_{GITHUB}", [f"ghu_{GITHUB}"]),
            (f"ghs_{GITHUB}", [f"ghs_{GITHUB}"]),
            (f"ghr_{GITHUB}", [f"ghr_{GITHUB}"]),
            (f"https://ghp_{GITHUB}@github.com/x/y", [f"ghp_{GITHUB}"]),
            (f"TOKEN_ghp_{GITHUB}", [f"ghp_{GITHUB}"]),
            (f"ghs_{ALNUM}_{ALNUM}", [f"ghs_{ALNUM}_{ALNUM}"]),
            (f'"{FINE_GRAINED}"', [FINE_GRAINED]),
        )
    ),
    *(
        ("SECRET_SLACK_TOKEN", text, values)
        for text, values in (
            (f"SLACK_TOKEN={SLACK}", [SLACK]),
            (f"use {USER}.", [USER]),
            (f"xoxa-2-{ALNUM[:20]}", [f"xoxa-2-{ALNUM[:20]}"]),
            (f"xoxr-{ALNUM[:20]}", [f"xoxr-{ALNUM[:20]}"]),
            (f"xoxs-1-2-3-{ALNUM[:20]}", [f"xoxs-1-2-3-{ALNUM[:20]}"]),
            (f"xoxe.xoxp-1-{ALNUM}", [f"xoxe.xoxp-1-{ALNUM}"]),
            (f"xapp-1-A0123456789-0123456789012-{ALNUM}", [f"xapp-1-A0123456789-0123456789012-{ALNUM}"]),
            (f"POST https://{HOOK} now", [f"https://{HOOK}"]),
            (f"POST {HOOK}", [HOOK]),
            (f"http://{HOOK.replace('services', 'workflows')}", [f"http://{HOOK.replace('services', 'workflows')}"]),
        )
    ),
    *(
        ("SECRET_OPENAI_KEY", text, values)
        for text, values in (
            (f"Authorization: Bearer {LEGACY}", [LEGACY]),
            (f"sk-proj-{ALNUM[:40]}-_{ALNUM[40:]}", [f"sk-proj-{ALNUM[:40]}-_{ALNUM[40:]}"]),
            (f"sk-svcacct-{ALNUM}", [f"sk-svcacct-{ALNUM}"]),
            (f"sk-admin-{ALNUM}", [f"sk-admin-{ALNUM}"]),
            (f"key=sk-{'0123456789abcdef' * 2}", [f"sk-{'0123456789abcdef' * 2}"]),
        )
    ),
    *(
        ("SECRET_GOOGLE_API_KEY", text, values)
        for text, values in (
            (f'apiKey: "{GOOGLE}"', [GOOGLE]),
            (f"https://maps.example/?key={GOOGLE}&q=1", [GOOGLE]),
        )
    ),
)

NOT_FOUND = (
    "ghp_" + "x" * 36,
    "ghp_EXAMPLE",
    "ghp_" + GITHUB[:-1],
    "aghp_" + GITHUB,
    "github_pat_" + "x" * 82,
    "xoxb-slackexampletoken",
    "xoxb-xoxb-my-bot-token",
    "xoxb-12345-abcd234",
    "xoxb-xxxxxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx",
    "xoxp-000000000000-000000000000-000000000000-" + "0" * 32,
    "https://github.com/xoxa-nyc/xoxa-nyc.github.io",
    "xoxo-indieweb-1.jpg",
    "https://hooks.slack.com/services/",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "sk-" + "x" * 48,
    "sk-proj-" + "x" * 48,
    "class=sk-cube-grid",
    "disk-" + ALNUM,
    "sk-or-v1-short",
    "AIza" + "a" * 35,
    GOOGLE + "Z",
    GOOGLE[:-1],
    "x" + GOOGLE,
)

TYPES = ("SECRET_GITHUB_TOKEN", "SECRET_SLACK_TOKEN", "SECRET_OPENAI_KEY", "SECRET_GOOGLE_API_KEY")


@pytest.mark.parametrize(("type_", "text", "values"), FOUND)
def test_tokens_are_found(type_: str, text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, type_) == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert [value for type_ in TYPES for value in find(PATTERNS, text, type_)] == []
