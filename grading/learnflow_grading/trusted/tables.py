"""numpy arrays and pandas tables on the wire. Neither library is needed; what is missing is not known.

`["a", n, dtype, shape, data]` an array, `["n", dtype, data]` a numpy scalar, `["se", n, …]` a Series,
`["df", n, …]` a DataFrame, `["ix", …]` an Index. Cells of dtype object travel one by one.
"""

from __future__ import annotations

import base64
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .wire import Reader, Writer

TAGS = frozenset({"a", "n", "se", "df", "ix"})
_PLAIN = re.compile(r"[<>|=]?[biufcSUMm?]\d*(\[\d*[a-zA-Zμ]+\])?")
_MAX_BYTES = 12 * 1024 * 1024


def _numpy() -> Any:
    """numpy, when this process uses it."""
    return sys.modules.get("numpy")


def _pandas() -> Any:
    return sys.modules.get("pandas")


def knows(kind: type) -> bool:
    """True for numpy's and pandas' own types, exactly."""
    np, pd = _numpy(), _pandas()
    if np is not None and (kind is getattr(np, "ndarray", None) or _scalar(np, kind)):
        return True
    return pd is not None and (kind in (_of(pd, "DataFrame"), _of(pd, "Series")) or _is_index(pd, kind))


def _of(module: Any, name: str) -> Any:
    return getattr(module, name, None)


def _scalar(np: Any, kind: type) -> bool:
    try:
        return issubclass(kind, np.generic) and kind.__module__ == "numpy" and kind is not np.void
    except (TypeError, AttributeError):
        return False


def _is_index(pd: Any, kind: type) -> bool:
    names = ("Index", "RangeIndex", "DatetimeIndex", "MultiIndex", "CategoricalIndex")
    return any(kind is _of(pd, name) for name in names)


def write(value: Any, writer: Writer) -> list[Any]:
    """`value` in wire form; it is of a type that `knows` knows."""
    np, pd = _numpy(), _pandas()
    kind = type(value)
    if kind is np.ndarray:
        return ["a", writer.number(value), *_array(value, writer)]
    if _scalar(np, kind):
        return ["n", value.dtype.str, _data(np.asarray(value))]
    if kind is pd.Series:
        return [
            "se",
            writer.number(value),
            writer.write(value.name),
            _index(value.index, writer),
            _column(value, writer),
        ]
    if kind is pd.DataFrame:
        columns = [_column(value.iloc[:, place], writer) for place in range(value.shape[1])]
        return [
            "df",
            writer.number(value),
            _index(value.columns, writer),
            _index(value.index, writer),
            columns,
        ]
    return ["ix", *_index(value, writer)]


def _data(array: Any) -> str:
    from .wire import Uncrossable

    if array.nbytes > _MAX_BYTES:
        raise Uncrossable("an array is too large")
    return base64.b64encode(_numpy().ascontiguousarray(array).tobytes()).decode("ascii")


def _array(value: Any, writer: Writer) -> list[Any]:
    from .wire import Uncrossable

    if value.dtype.hasobject and value.dtype == object:
        return ["O", list(value.shape), [writer.write(item) for item in value.ravel().tolist()]]
    if not _PLAIN.fullmatch(value.dtype.str):
        raise Uncrossable("an array with fields cannot be sent")
    return [value.dtype.str, list(value.shape), _data(value)]


def _column(series: Any, writer: Writer) -> list[Any]:
    """dtype's name, then an array: extension types as objects, which the reader casts back."""
    np = _numpy()
    name = str(series.dtype)
    plain = isinstance(series.dtype, np.dtype)
    values = series.to_numpy() if plain else np.array(_as_objects(series), dtype=object)
    if not plain and values.ndim != 1:
        values = values.reshape(len(series))
    return [name, *_array(values, writer)]


def _as_objects(series: Any) -> list[Any]:
    pd = _pandas()
    found = []
    for item in series.tolist():
        if item is pd.NA or item is pd.NaT:
            item = None
        elif isinstance(item, pd.Timestamp):
            item = item.to_pydatetime()
        found.append(item)
    return found


def _index(index: Any, writer: Writer) -> list[Any]:
    pd = _pandas()
    names = [writer.write(name) for name in index.names]
    if type(index) is pd.RangeIndex:
        return ["range", names, [index.start, index.stop, index.step]]
    if isinstance(index, pd.MultiIndex):
        return ["multi", names, [[writer.write(part) for part in row] for row in index.tolist()]]
    return ["flat", names, _column(index.to_series(), writer)]


def read(wire: list[Any], reader: Reader) -> Any:
    """The value of a tagged list whose tag is one of `TAGS`; raises Malformed or what numpy raises."""
    import numpy as np

    tag = wire[0]
    if tag == "n":
        if len(wire) != 3:
            raise ValueError("scalar")
        return _raw(np, wire[1], [], wire[2])[()]
    if tag == "a":
        array = _unarray(wire[2:], reader)
        return reader.number(wire[1], array)
    import pandas as pd

    if tag == "ix":
        return _unindex(pd, wire[1:], reader)
    if tag == "se":
        reader.number(wire[1], _Placeholder())
        name, index = reader.read(wire[2]), _unindex(pd, wire[3], reader)
        value = pd.Series(_uncolumn(pd, wire[4], reader), index=index, name=name)
    else:
        reader.number(wire[1], _Placeholder())
        columns, index = _unindex(pd, wire[2], reader), _unindex(pd, wire[3], reader)
        data = {place: _uncolumn(pd, column, reader) for place, column in enumerate(wire[4])}
        value = pd.DataFrame(data, index=index)
        value.columns = columns
    reader.objects[wire[1]] = value
    return value


class _Placeholder:
    """Keeps a table's number until the table is there."""


def _raw(np: Any, dtype: Any, shape: Any, data: Any) -> Any:
    from .wire import unb64

    if type(dtype) is not str or not _PLAIN.fullmatch(dtype):
        raise ValueError("dtype")
    if (
        type(shape) is not list
        or not all(type(n) is int and 0 <= n < 1 << 40 for n in shape)
        or len(shape) > 32
    ):
        raise ValueError("shape")
    raw = unb64(data)
    return np.frombuffer(raw, dtype=np.dtype(dtype)).reshape(shape).copy()


def _unarray(parts: list[Any], reader: Reader) -> Any:
    import numpy as np

    dtype, shape, data = parts
    if dtype != "O":
        return _raw(np, dtype, shape, data)
    if type(data) is not list or type(shape) is not list:
        raise ValueError("objects")
    array = np.empty(len(data), dtype=object)
    for place, item in enumerate(data):
        array[place] = reader.read(item)
    return array.reshape(shape)


def _uncolumn(pd: Any, parts: list[Any], reader: Reader) -> Any:
    name, *rest = parts
    if type(name) is not str or len(name) > 60:
        raise ValueError("dtype")
    array = _unarray(rest, reader)
    if array.ndim != 1:
        raise ValueError("column")
    series = pd.Series(array, dtype=object) if rest[0] == "O" else pd.Series(array)
    return series.array if str(series.dtype) == name else series.astype(name).array


def _unindex(pd: Any, parts: list[Any], reader: Reader) -> Any:
    kind, names, data = parts
    names = [reader.read(name) for name in names]
    if kind == "range":
        if not all(type(n) is int for n in data):
            raise ValueError("range")
        return pd.RangeIndex(*data, name=names[0])
    if kind == "multi":
        rows = [tuple(reader.read(part) for part in row) for row in data]
        return pd.MultiIndex.from_tuples(rows, names=names)
    return pd.Index(_uncolumn(pd, data, reader), name=names[0])


def fill(value: Any, content: Any, reader: Reader) -> None:
    """Make an array or table hold what the other side says it holds now."""
    np, pd = _numpy(), _pandas()
    if type(value) is np.ndarray:
        fresh = _unarray(content, reader)
        if fresh.shape != value.shape or fresh.dtype != value.dtype:
            raise ValueError("shape")
        value[...] = fresh
        return
    if pd is not None and type(value) in (pd.DataFrame, pd.Series):
        tag = "df" if type(value) is pd.DataFrame else "se"
        count = len(reader.objects)
        fresh = read([tag, count, *content], reader)
        value._update_inplace(fresh)
        return
    raise ValueError("unknown")
