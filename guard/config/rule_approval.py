"""What the sections `approval` and `admin` must keep beyond their types."""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.config.approval import WebhookSettings
from guard.config.form import NAME, NAME_CURE, SHA256, Complaint, url_cure
from guard.config.secret import Secret
from guard.config.settings import Settings

_PREFIX: Final = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64
SIGNING_CURE: Final = (
    "must be whsec_ and 24 to 64 random bytes in base64, as Standard Webhooks says: "
    'echo "whsec_$(openssl rand -base64 32)" makes one'
)


def webhook_rule(settings: Settings) -> Iterator[Complaint]:
    """Where events go, and what they are signed with."""
    webhook = settings.approval.webhook
    if webhook is None:
        return
    yield from webhook_complaints("approval.webhook", webhook)


def webhook_complaints(path: str, webhook: WebhookSettings) -> Iterator[Complaint]:
    """What is wrong with a webhook that stands at `path`."""
    cure = url_cure(webhook.url.reveal(), "https://hooks.example.com/guard", "its query or its path", query=True)
    if cure:
        yield f"{path}.url", cure
    if not is_webhook_secret(webhook.secret):
        yield f"{path}.secret", SIGNING_CURE
    if webhook.ca_file is not None and not Path(webhook.ca_file).is_file():
        yield f"{path}.ca_file", "is not a file; name a PEM file of certificates"


def admin_rule(settings: Settings) -> Iterator[Complaint]:
    """Administrators' keys are theirs alone: nobody approves what the same key asked for."""
    names: set[str] = set()
    digests = {key.sha256 for key in settings.keys}
    for index, key in enumerate(settings.admin.keys):
        path = f"admin.keys[{index}]"
        if not NAME.fullmatch(key.name):
            yield f"{path}.name", NAME_CURE
        if not SHA256.fullmatch(key.sha256):
            yield f"{path}.sha256", "must be 64 lower-case hex digits, in quotes; guard key new --admin prints one"
        if key.name in names:
            yield f"{path}.name", "names a key that stands above; give each administrator a name"
        if key.sha256 in digests:
            yield f"{path}.sha256", "is the digest of another key; an administrator's key is nobody else's"
        names.add(key.name)
        digests.add(key.sha256)


def is_webhook_secret(chosen: Secret) -> bool:
    """Whether it is one, as Standard Webhooks writes them."""
    secret = chosen.reveal()
    if not secret.startswith(_PREFIX):
        return False
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return False
    return _LEAST_BYTES <= len(key) <= _MOST_BYTES
