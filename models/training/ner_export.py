"""Writes the token model as ONNX, in the manner of `export`: fused operators, int8, a scale a row.

python -m models.training.ner_export --weights ner.pt --out models/pii-ner
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from models.training.export import EPSILON, LAYERS, Layers, Weights, norm_of, weights_of
from models.training.graph import Graph, rows_int8
from models.training.network import base_folder
from models.training.windows import open_tokenizer


def _embedded(graph: Graph, weights: Weights) -> str:
    table, scale = rows_int8(weights["embeddings.word_embeddings.weight"])
    rows = graph.op("Gather", [graph.weight("word_table", table), "input_ids"], axis=0)
    scales = graph.op("Gather", [graph.weight("word_scale", scale), "input_ids"], axis=0)
    words = graph.op("Mul", [graph.op("Cast", [rows], to=TensorProto.FLOAT), scales])
    cases = graph.op("Gather", [graph.weight("shape_table", weights["shape.weight"]), "shapes"], axis=0)
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    size = graph.op("Shape", ["input_ids"], start=1, end=2)
    near = graph.op("Slice", [graph.weight("places", places[:512]), graph.weight("zero", np.zeros(1, np.int64)), size])
    summed = graph.op("Add", [graph.op("Add", [words, cases]), near])
    return graph.op(
        "LayerNormalization", [summed, *norm_of(graph, weights, "embeddings.LayerNorm")], axis=-1, epsilon=EPSILON
    )


def token_graph(weights: Weights, int8: bool) -> onnx.ModelProto:
    """The whole model; logits of the labels for each token."""
    graph = Graph()
    hidden = _embedded(graph, weights)
    layers = Layers(graph, weights, int8)
    for index in range(LAYERS):
        hidden = layers.add(hidden, index)
    out = graph.op("MatMul", [hidden, graph.weight("out", weights["out.weight"].T)])
    graph.op("Add", [out, graph.weight("out_bias", weights["out.bias"])], name="logits")
    both: list[str | int] = ["windows", "tokens"]
    inputs = [(name, TensorProto.INT64, both) for name in ("input_ids", "attention_mask", "shapes")]
    return graph.model(inputs, [("logits", ["windows", "tokens", len(weights["out.bias"])])])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path)
    options = parser.parse_args()
    weights = weights_of(options.weights)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.float_out is not None:
        onnx.save(token_graph(weights, int8=False), options.float_out)
    onnx.save(token_graph(weights, int8=True), options.out / "model.onnx")
    open_tokenizer(str(base_folder() / "tokenizer.json")).save(str(options.out / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
