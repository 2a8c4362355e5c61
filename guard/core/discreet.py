"""The base of every struct that bears user text: its `repr` names the type and lengths, never the text."""

import msgspec


class Discreet(msgspec.Struct, frozen=True, gc=False):
    """A frozen struct whose `repr` hides strings and bytes behind their lengths."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_shape(getattr(self, name))}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({fields})"


def _shape(value: object) -> str:
    if isinstance(value, (str, bytes)):
        return f"<{len(value)}>"
    if isinstance(value, (tuple, list, dict, set, frozenset)):
        return f"<{len(value)} items>"
    return repr(value)
