"""A parsed expression spelt again, in the syntax that `re` and Hyperscan share."""

from guard.scan.syntax import ALL, Alt, Codes, Node, One, Rep, Seq, is_zero


def spelt(node: Node) -> str:
    """An expression in the syntax that the automaton reads."""
    if isinstance(node, One):
        return _class(node.codes)
    if isinstance(node, Seq):
        return "".join(spelt(item) for item in node.items if not is_zero(item))
    if isinstance(node, Alt):
        return f"(?:{'|'.join(dict.fromkeys(spelt(item) for item in node.items))})"
    if isinstance(node, Rep):
        inner = spelt(node.item)
        if not inner or node.high == 0:
            return ""
        times = f"{{{node.low},{'' if node.high is None else node.high}}}"
        return f"(?:{inner}){times}"
    return ""


def _class(codes: Codes) -> str:
    if len(codes) == 1:
        return _char(next(iter(codes)))
    if codes == ALL:
        return r"[\x00-\xff]"
    return f"[{members(codes)}]"


def members(codes: Codes) -> str:
    """The inside of a class; empty for no code at all."""
    parts, ordered = [], sorted(codes)
    at = 0
    while at < len(ordered):
        stop = at
        while stop + 1 < len(ordered) and ordered[stop + 1] == ordered[stop] + 1:
            stop += 1
        low, high = _char(ordered[at]), _char(ordered[stop])
        parts.append(low if stop == at else f"{low}-{high}")
        at = stop + 1
    return "".join(parts)


def _char(code: int) -> str:
    return chr(code) if chr(code).isascii() and chr(code).isalnum() else f"\\x{code:02x}"
