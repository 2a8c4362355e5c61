"""The JSON Schema of the configuration file, for editors. Generated from the structs; it says no more than they do."""

from typing import Any

import msgspec

from guard.config.secret import Secret
from guard.config.settings import Settings


def schema() -> bytes:
    """JSON Schema 2020-12, as UTF-8 with two-space indentation."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guard configuration",
        **msgspec.json.schema(Settings, schema_hook=_hook),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _hook(kind: type[Any]) -> dict[str, object]:
    if kind is Secret:
        return {"type": "string", "minLength": 1}
    raise NotImplementedError(f"no JSON Schema for {kind.__name__}")
