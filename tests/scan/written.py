"""Texts of the kind that an expression takes, by chance: its looks and edges are not kept to."""

import random

from guard.scan.syntax import Alt, Node, One, Rep, Seq


def write(node: Node, chance: random.Random) -> str:
    """A text of the kind that the tree takes, its conditions aside."""
    if isinstance(node, One):
        ordinary = [chr(code) for code in sorted(node.codes) if chr(code).isascii() and chr(code).isprintable()]
        return chance.choice(ordinary) if ordinary else "\u00e4"
    if isinstance(node, Seq):
        return "".join(write(item, chance) for item in node.items)
    if isinstance(node, Alt):
        return write(chance.choice(node.items), chance)
    if isinstance(node, Rep):
        most = node.low + 3 if node.high is None else min(node.high, node.low + 30)
        return "".join(write(node.item, chance) for _ in range(chance.randint(node.low, most)))
    return ""
