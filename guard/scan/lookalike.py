"""Letters of other scripts that look like Latin ones (Unicode TR39's confusables, those of single letters).

A reader takes them for Latin letters, and so do the patterns. It can't see look-alikes of digits (`O` for `0`), of
signs, or pairs of letters that look like one (`rn` for `m`).
"""

from types import MappingProxyType
from typing import Final

_OTHERS: Final = "аеорсухіјѕһԁԛԝӏνοραιϲткмнвАВЕКМНОРСТХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧոսօɑɡıԌԚԜҮ"
_LATIN: Final = "aeopcyxijshdqwlvopaictkmhbABEKMHOPCTXIJSABEZHIKMNOPTYXnuoagiGQWY"

LOOK_ALIKES: Final = MappingProxyType(dict(zip(_OTHERS, _LATIN, strict=True)))
"""From such a letter to the Latin one."""
