"""Slack: tokens of bots, users, apps and workspaces, and incoming webhook addresses.

Source: docs.slack.dev, "Tokens" and "Sending messages using incoming webhooks". Signing secrets and client secrets
have no mark of their own and are not seen.
"""

import re
from typing import Final

from guard.scan.pattern import Pattern, whole
from guard.security.placeholder import is_varied

_HEAD: Final = re.compile(r"x(?:ox[a-z](?:\.xox[bp])?|app)-(?:[0-9]+-)*")


def _is_token(text: str) -> bool:
    return is_varied(_HEAD.sub("", text, count=1)) and any(map(str.isdigit, text))


def _is_webhook(text: str) -> bool:
    return is_varied(text.rpartition("/")[2])


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="SECRET_SLACK_TOKEN",
        rule="slack_token",
        body=r"xox[abeoprs](?:\.xox[bp])?-(?:[0-9]+-)*[0-9A-Za-z]{10}[0-9A-Za-z\-]*",
        not_after="0-9A-Za-z",
        score=0.97,
        validate=whole(_is_token),
    ),
    Pattern(
        type="SECRET_SLACK_TOKEN",
        rule="slack_app_token",
        body=r"xapp-[0-9]-[0-9A-Z]{6,20}-[0-9]{6,20}-[0-9A-Za-z]{20}[0-9A-Za-z]*",
        not_after="0-9A-Za-z",
        score=0.98,
        validate=whole(_is_token),
    ),
    Pattern(
        type="SECRET_SLACK_TOKEN",
        rule="slack_webhook",
        body=r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[0-9A-Za-z/+_\-]{30}[0-9A-Za-z/+_\-]*",
        not_after="0-9A-Za-z",
        score=0.98,
        validate=whole(_is_webhook),
    ),
)
