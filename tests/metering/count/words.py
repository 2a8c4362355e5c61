"""A tokenizer of which anybody can say how it counts: each word of its list is a token, and so is each other sign."""

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from guard.metering.count.tokenizer import ModelTokenizer


def words_json() -> bytes:
    """The `tokenizer.json` of one token a word."""
    tokenizer = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = WhitespaceSplit()  # type: ignore[assignment]
    return bytes(tokenizer.to_str().encode())


def words() -> ModelTokenizer:
    return ModelTokenizer(words_json())


def broken() -> ModelTokenizer:
    """One that its library refuses to use: no word is in its list, and it has no token for such."""
    tokenizer = Tokenizer(WordLevel({"one": 0}))
    tokenizer.pre_tokenizer = WhitespaceSplit()  # type: ignore[assignment]
    return ModelTokenizer(tokenizer.to_str().encode())
