"""The token model: MiniLM, the case of each word added to its embedding, and a label for each token."""

import torch
from torch import Tensor, nn
from transformers import BertModel

from models.training.network import base_folder

SHAPES = 4


class TokenNetwork(nn.Module):
    """Logits of the labels for each token. Word embeddings stay frozen; the export knows the names used here."""

    def __init__(self, labels: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(
            base_folder(), add_pooling_layer=False, attn_implementation="sdpa", hidden_dropout_prob=dropout
        )
        self.encoder.embeddings.word_embeddings.requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.shape = nn.Embedding(SHAPES, width)
        nn.init.zeros_(self.shape.weight)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, labels)

    def forward(self, ids: Tensor, mask: Tensor, shapes: Tensor) -> Tensor:
        """All three are (windows, tokens); logits are (windows, tokens, labels)."""
        words = self.encoder.embeddings.word_embeddings(ids) + self.shape(shapes)
        hidden = self.encoder(inputs_embeds=words, attention_mask=mask).last_hidden_state
        return self.out(self.dropout(hidden))


def loss_of(logits: Tensor, masks: Tensor, weights: Tensor) -> Tensor:
    """Minus the log of what the model gives to the labels that a token may have; tokens without a mask (0) are not read.

    ``masks`` are bit masks (windows, tokens), ``weights`` are (windows,).
    """
    read = masks != 0
    bits = torch.arange(logits.shape[-1])
    allowed = ((masks.unsqueeze(-1) >> bits) & 1).bool()
    log = torch.log_softmax(logits.float(), dim=-1)
    told = torch.logsumexp(log.masked_fill(~allowed, -1e4), dim=-1)
    weight = weights.unsqueeze(-1) * read
    return -(told * weight).sum() / weight.sum().clamp(min=1.0)
