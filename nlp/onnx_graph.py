"""A small writer of ONNX graphs whose weights lie in a weights file beside them.

It hides the difference between float32 and int8: `linear` and `lookup` write whichever the weights file holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 18, 9
INT8_STEPS = 127
"""Steps of an activation on each side of zero: a value within -1 and 1 is quantised by 1/127, whatever the others of
its batch are. A scale taken from the data would make a result depend on its batch mates."""
ZERO_POINT = np.array(128, np.uint8)

_ONNX_TYPES = {
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
}


class GraphWriter:
    """Collects nodes; every method returns the name of the value it computes."""

    def __init__(
        self,
        weights: Mapping[str, NDArray[Any]],
        places: Mapping[str, tuple[int, int]],
        weights_file: str,
        *,
        wide: bool = False,
    ) -> None:
        """Write over `weights`, which lie at `places` in `weights_file`.

        `wide` writes int8 products for processors whose fast way overflows: with unsigned weights, which ONNX Runtime
        multiplies in 16 bits. The integers that come out are the same.
        """
        self._weights, self._places, self._file, self._wide = weights, places, weights_file, wide
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dtype: str, shape: Sequence[str | int]) -> str:
        """Declare an input of the graph; letters in `shape` are free dimensions."""
        self._inputs.append(helper.make_tensor_value_info(name, _ONNX_TYPES[dtype], shape))
        return name

    def output(self, value: str, name: str, dtype: str, shape: Sequence[str | int]) -> None:
        """Declare `value` an output of the graph, under `name`."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, _ONNX_TYPES[dtype], shape))

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        """Add a node; returns its output's name, or a list of names when there are several."""
        names = [f"{kind}_{len(self._nodes)}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names if outputs > 1 else names[0]

    def constant(self, value: Any, dtype: type[np.generic] | None = None) -> str:
        """A small array inside the graph."""
        array = np.asarray(value, dtype)
        name = f"constant_{array.dtype}_{array.shape}_{array.tobytes().hex()}"
        if name not in self._initializers:
            self._initializers[name] = numpy_helper.from_array(array, name)
        return name

    def weight(self, name: str) -> str:
        """A tensor of the weights file, as it is stored there."""
        if name not in self._initializers:
            array, (offset, length) = self._weights[name], self._places[name]
            tensor = TensorProto(
                name=name, data_type=_ONNX_TYPES[str(array.dtype)], dims=array.shape, data_location=TensorProto.EXTERNAL
            )
            for key, value in (("location", self._file), ("offset", offset), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))
            self._initializers[name] = tensor
        return name

    def is_int8(self, name: str) -> bool:
        """Whether the weights file holds this matrix as int8."""
        return self._weights[name].dtype == np.int8

    def real(self, name: str, *, scale_rows: bool = False) -> str:
        """A weight as float32. ONNX Runtime computes this once, when it loads the graph."""
        if not self.is_int8(name):
            return self.weight(name)
        scale = self.weight(f"{name}.scale")
        if scale_rows:
            scale = self.op("Unsqueeze", scale, self.constant([1], np.int64))
        return str(self.op("Mul", self.op("Cast", self.weight(name), to=TensorProto.FLOAT), scale))

    def affine(self, value: str, kernel: str, bias: str | None = None) -> str:
        """value @ kernel + bias in float32, whatever the file holds: for what runs once per source."""
        product = self.op("MatMul", value, self.real(kernel))
        return str(self.op("Add", product, self.weight(bias)) if bias else product)

    def linear(
        self, value: str, kernel: str, bias: str | None = None, *, transposed: bool = False, precise: bool = True
    ) -> str:
        """value @ kernel + bias for (N, inputs) values within -1 and 1, in int8 where the file holds int8.

        `transposed` is for a kernel stored as (outputs, inputs), which is the embedding table. `precise` adds a second
        product over what the first rounding left, so that only the weights' rounding counts.
        """
        stored = self.weight(kernel)
        matrix = self.op("Transpose", stored, perm=[1, 0]) if transposed else stored
        if not self.is_int8(kernel):
            product = self.op("MatMul", value, matrix)
            return str(self.op("Add", product, self.weight(bias)) if bias else product)
        step, zero = self.constant(1 / INT8_STEPS, np.float32), self.constant(ZERO_POINT)
        quantized = self.op("QuantizeLinear", value, step, zero)
        product = self._int8_product(quantized, matrix, step, f"{kernel}.scale", bias)
        if not precise:
            return product
        rest = self.op("Sub", value, self.op("DequantizeLinear", quantized, step, zero))
        # What is left lies within half a step: 254 steps of its own cover it.
        fine = self.constant(1 / INT8_STEPS / (2 * INT8_STEPS), np.float32)
        second = self._int8_product(self.op("QuantizeLinear", rest, fine, zero), matrix, fine, f"{kernel}.scale")
        return str(self.op("Add", product, second))

    def _int8_product(self, quantized: str, matrix: str, step: str, scale: str, bias: str | None = None) -> str:
        zeros = [self.constant(ZERO_POINT), self.constant(ZERO_POINT if self._wide else np.array(0, np.int8))]
        if self._wide:
            lifted = self.op("Add", self.op("Cast", matrix, to=TensorProto.INT32), self.constant(128, np.int32))
            matrix = self.op("Cast", lifted, to=TensorProto.UINT8)
        inputs = [quantized, matrix, step, self.weight(scale), *zeros, *([self.weight(bias)] if bias else [])]
        return str(self.op("MatMulIntegerToFloat", *inputs, domain="com.microsoft"))

    def lookup(self, table: str, ids: str) -> str:
        """Rows of the embedding table as float32."""
        rows = self.op("Gather", self.weight(table), ids)
        if not self.is_int8(table):
            return str(rows)
        scales = self.op("Gather", self.weight(f"{table}.scale"), ids)
        scales = self.op("Unsqueeze", scales, self.constant([-1], np.int64))
        return str(self.op("Mul", self.op("Cast", rows, to=TensorProto.FLOAT), scales))

    def lookup_linear(self, table: str, ids: str, kernel: str) -> str:
        """(rows of `table` at (N,) ids) @ kernel. In int8 the rows are integers already: nothing is rounded."""
        if not self.is_int8(table):
            return str(self.op("MatMul", self.lookup(table, ids), self.weight(kernel)))
        rows = self.op("Cast", self.op("Gather", self.weight(table), ids), to=TensorProto.FLOAT)
        one = self.constant(1.0, np.float32)
        shifted = self.op("QuantizeLinear", rows, one, self.constant(ZERO_POINT))
        product = self._int8_product(shifted, self.weight(kernel), one, f"{kernel}.scale")
        scales = self.op(
            "Unsqueeze", self.op("Gather", self.weight(f"{table}.scale"), ids), self.constant([1], np.int64)
        )
        return str(self.op("Mul", product, scales))

    def write(self, path: Path, name: str) -> None:
        """Write the graph; its weights are found in the weights file of the same folder."""
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, list(self._initializers.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="kuaizui")
        path.write_bytes(model.SerializeToString())
