"""What a stop gets when it runs, and what becomes of what it gives."""

import os
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional


class StopError(Exception):
    """Fails the stop with a message for its user; nothing is said of where in the code it was raised."""


class Log:
    """Where a stop writes what its user should read; print does the same."""

    def __init__(self, write: Callable[[str, str], None]):
        self._write = write

    def info(self, message: str) -> None:
        self._write("INFO", str(message))

    def warn(self, message: str) -> None:
        self._write("WARN", str(message))


class Context:
    """
    One run of a stop. The function gives its rows back as a pyarrow Table, RecordBatch or RecordBatchReader, an
    iterator of RecordBatches, or a pandas DataFrame; a dict of those by port where it has several; or None.
    """

    def __init__(self, call: Mapping[str, Any], log: Log, before_commit: Callable[[], None]):
        self._inputs: Dict[str, str] = {each["port"]: each["file"] for each in call["inputs"]}
        self._paths: Mapping[str, str] = call.get("paths", {})
        self._datasources: Mapping[str, Mapping[str, str]] = call.get("datasources", {})
        self._before_commit = before_commit
        self.properties: Mapping[str, Any] = call["properties"]
        """The values of the declared properties, with their defaults."""
        self.customized: Mapping[str, str] = call.get("customized", {})
        """PiFlow's customized properties: texts by name."""
        self.outports: List[str] = list(call["outports"])
        """The out ports that paths lead from, for stops whose ports the flow names."""
        self.stop: str = call["name"]
        """The name of this stop in its flow."""
        self.run: Mapping[str, str] = call["run"]
        """The run's `id` and the name of its `flow`."""
        self.scratch: str = call["scratch"]
        """A folder of this stop in this run, removed when the run ends."""
        self.log = log

    @property
    def ports(self) -> List[str]:
        """The in ports that have rows."""
        return list(self._inputs)

    def table(self, port: Optional[str] = None) -> Any:
        """The rows of an in port (default: the default port, or the only one) as a pyarrow Table."""
        import pyarrow.parquet as parquet

        return parquet.read_table(self._file(port), partitioning=None)

    def batches(self, port: Optional[str] = None, rows: int = 65536) -> Iterator[Any]:
        """The same rows as pyarrow RecordBatches, so that they need not fit into memory."""
        import pyarrow.parquet as parquet

        with parquet.ParquetFile(self._file(port)) as file:
            yield from file.iter_batches(batch_size=rows)

    def schema(self, port: Optional[str] = None) -> Any:
        """The pyarrow schema of an in port."""
        import pyarrow.parquet as parquet

        return parquet.read_schema(self._file(port))

    def pandas(self, port: Optional[str] = None) -> Any:
        """The rows of an in port as a pandas DataFrame; the package brings pandas."""
        return self.table(port).to_pandas()

    def path(self, name: str) -> str:
        """The local path for the value of a property of the kind `path`; it lies in the folders that runs may use."""
        if name not in self._paths:
            raise StopError(f"the property '{name}' is no path, or has no value")
        return self._paths[name]

    def datasource(self, name: str) -> Mapping[str, str]:
        """The values, secrets included, of the datasource that a property of the kind `datasource` names."""
        if name not in self._datasources:
            raise StopError(f"the property '{name}' names no datasource")
        return self._datasources[name]

    def before_commit(self) -> None:
        """
        For a stop that changes files or services itself: call it before each change becomes visible. It raises when
        the run has gone to another attempt, so that no work is done twice.
        """
        self._before_commit()

    def _file(self, port: Optional[str]) -> str:
        if port is None:
            port = "" if "" in self._inputs or len(self._inputs) != 1 else next(iter(self._inputs))
        if port in self._inputs:
            return self._inputs[port]
        which = "its input" if port == "" else f"in port '{port}'"
        raise StopError(f"stop '{self.stop}' got no rows at {which}; draw a path to it from a stop that gives rows")


def write_outputs(given: Any, folder: str) -> List[Dict[str, str]]:
    """Writes what a stop gave, one Parquet file a port; gives the ports with their files."""
    if given is None:
        return []
    ports = given if isinstance(given, dict) else {"": given}
    written = []
    for index, (port, rows) in enumerate(ports.items()):
        if rows is None:
            continue
        path = os.path.join(folder, f"out-{index}.parquet")
        _write(rows, path, port)
        written.append({"port": str(port), "file": path})
    return written


def _write(rows: Any, path: str, port: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    where = "" if port == "" else f" for port '{port}'"
    if type(rows).__module__.split(".")[0] == "pandas" and hasattr(rows, "columns"):
        rows.columns = [str(name) for name in rows.columns]
        rows = pa.Table.from_pandas(rows, preserve_index=False)
    if isinstance(rows, pa.RecordBatch):
        rows = pa.Table.from_batches([rows])
    if isinstance(rows, pa.Table):
        schema, batches = rows.schema, iter(rows.to_batches(max_chunksize=122880))
    elif isinstance(rows, pa.RecordBatchReader):
        schema, batches = rows.schema, iter(rows)
    elif hasattr(rows, "__next__"):
        first = next(rows, None)
        if not isinstance(first, pa.RecordBatch):
            raise StopError(f"the stop gave an iterator of no RecordBatch{where}; give a table where there may be no rows")
        schema, batches = first.schema, _chain(first, rows)
    else:
        raise StopError(f"the stop gave a {type(rows).__name__}{where}; give a pyarrow table or a pandas DataFrame")
    wanted = _storable(schema, where)
    with parquet.ParquetWriter(path, wanted, compression="lz4") as writer:
        for batch in batches:
            part = pa.Table.from_batches([batch])
            writer.write_table(part if part.schema.equals(wanted) else part.cast(wanted))


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _storable(schema: Any, where: str) -> Any:
    """The schema in types that the engine reads: no dictionaries, no columns of nothing but null."""
    import pyarrow as pa

    names = [field.name for field in schema]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise StopError(f"the stop gave two columns named '{twice[0]}'{where}; name them apart")
    if not names:
        raise StopError(f"the stop gave rows without columns{where}")
    fields = []
    for field in schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_null(kind):
            kind = pa.string()
        if pa.types.is_float16(kind):
            kind = pa.float32()
        if pa.types.is_duration(kind) or pa.types.is_interval(kind):
            raise StopError(f"the column '{field.name}'{where} is of the type {kind}, which no engine has; give numbers")
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)
