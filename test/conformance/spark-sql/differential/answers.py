"""Asks a Spark Connect server what lines of JSON want to know, and answers each with one line, in order.

  {"sql": "..."}                                 -> {"schema": [[name, type]], "rows": [[...]]} or {"error", "message"}
  {"items": ["..."], "from": "...", "tail": ""}  -> a list of such answers, one for each item of one SELECT

Every line may carry "zone" (default UTC), "ansi" (default false) and "interpreted" (default false: Spark compiles each
query, which takes three times as long as to interpret a small one). An item that Spark refuses hides no other: the
list is halved until it stands alone. Values are written as `sluice sql --stdin` writes them.
"""
import datetime
import decimal
import json
import logging
import os
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql.types import ArrayType, MapType, StructType  # noqa: E402


INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}


def shown(value, kind):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(kind, StructType):
        return {field.name: shown(value[i], field.dataType) for i, field in enumerate(kind.fields)}
    if isinstance(kind, MapType):
        return {"map": [[shown(k, kind.keyType), shown(v, kind.valueType)] for k, v in value.items()]}
    if isinstance(kind, ArrayType):
        return [shown(item, kind.elementType) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def error_class(error):
    found = error.getCondition() if hasattr(error, "getCondition") else None
    text = str(error)
    if not found and text.startswith("["):
        found = text[1 : text.index("]")]
    return found or type(error).__name__


class Server:
    def __init__(self, address):
        self.address = address
        self.sessions = {}

    def session(self, zone, ansi, interpreted):
        key = (zone, ansi, interpreted)
        if key not in self.sessions:
            session = SparkSession.builder.remote(f"sc://{self.address}").create()
            session.conf.set("spark.sql.session.timeZone", zone)
            session.conf.set("spark.sql.ansi.enabled", "true" if ansi else "false")
            # Where rows lie in several partitions, Spark's own sums, percentiles and the like depend on which came first.
            session.conf.set("spark.sql.leafNodeDefaultParallelism", "1")
            for name, value in (INTERPRETED if interpreted else {}).items():
                session.conf.set(name, value)
            self.sessions[key] = session
        return self.sessions[key]

    def ask(self, session, sql):
        try:
            frame = session.sql(sql)
            collected = frame.collect()
            fields = frame.schema.fields
            rows = [[shown(row[i], field.dataType) for i, field in enumerate(fields)] for row in collected]
            return {"schema": [[f.name, f.dataType.simpleString()] for f in fields], "rows": rows}
        except Exception as error:  # every failure is an answer
            return {"error": error_class(error), "message": str(error).split("\n\nJVM stacktrace")[0][:600]}

    def ask_items(self, session, items, source, tail):
        if not items:
            return []
        whole = self.ask(session, f"SELECT {', '.join(items)} FROM {source} {tail}".strip())
        if "error" in whole:
            if len(items) == 1:
                return [whole]
            half = len(items) // 2
            return self.ask_items(session, items[:half], source, tail) + self.ask_items(
                session, items[half:], source, tail
            )
        if len(whole["schema"]) != len(items):
            return [self.ask(session, f"SELECT {item} FROM {source} {tail}".strip()) for item in items]
        return [
            {"schema": [whole["schema"][i]], "rows": [[row[i]] for row in whole["rows"]]} for i in range(len(items))
        ]

    def answer(self, request):
        session = self.session(
            request.get("zone", "UTC"), request.get("ansi", False), request.get("interpreted", False)
        )
        if "items" in request:
            return self.ask_items(session, request["items"], request["from"], request.get("tail", ""))
        return self.ask(session, request["sql"])


def main():
    logging.disable(logging.CRITICAL)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    server = Server(sys.argv[1])
    out.write(json.dumps({"ready": server.session("UTC", False, False).version}) + "\n")
    out.flush()
    for line in sys.stdin:
        out.write(json.dumps(server.answer(json.loads(line))) + "\n")
        out.flush()


main()
