"""Settings of tokenizers: who counts the tokens of which models, where their backends do not."""

from typing import Annotated

from msgspec import Meta

from guard.config.section import Section


class TokenizerSettings(Section, frozen=True):
    """One kind of model's tokenizer."""

    models: Annotated[tuple[str, ...], Meta(min_length=1, description="Models that it is for, as fnmatch patterns.")]
    file: Annotated[str, Meta(description="The models' tokenizer.json.")]
    picture_tokens: Annotated[
        int, Meta(ge=0, le=1_000_000, description="What one picture of a prompt counts; 0: nobody knows.")
    ] = 0
