"""A channel: one text being written, named by (choice, field, tool index)."""

import msgspec


class Channel(msgspec.Struct, frozen=True):
    """Names one text of an exchange.

    `field` is the dialect's name of it (`content`, `reasoning_content`, `tool_calls.arguments`, …); for strings in
    members the dialect does not know it is their JSON path, which starts with `$`. `choice` is -1 for texts that belong
    to no choice.
    """

    choice: int
    field: str
    tool: int | None = None

    @property
    def is_json(self) -> bool:
        """Whether the text is itself JSON (tool arguments), so escapes in it spell characters."""
        return self.field.endswith("arguments")
