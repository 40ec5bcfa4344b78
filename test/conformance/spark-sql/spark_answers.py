"""Answers lines {"sql": ..., "zone": ..., "ansi": ...} with a real Spark's result, one line each, in the form of `sluice sql --stdin`.

Needs pyspark. Started by the differential tests; deploy/dev/spark.sh makes the environment.
"""
import datetime
import decimal
import json
import os
import sys

os.environ.setdefault("TZ", "UTC")
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql.types import ArrayType, MapType, StructType  # noqa: E402


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
    name = getattr(error, "getCondition", None) or getattr(error, "getErrorClass", None)
    found = name() if name else None
    text = str(error)
    if not found and text.startswith("["):
        found = text[1 : text.index("]")]
    return found or type(error).__name__


def main():
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    builder = SparkSession.builder.master("local[2]").appName("answers")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.log.level": "ERROR",
        "spark.driver.memory": "3g",
        "spark.sql.warehouse.dir": os.path.join(os.environ.get("TMPDIR", "/tmp"), "spark-answers"),
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    out.write(json.dumps({"ready": spark.version}) + "\n")
    out.flush()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            spark.conf.set("spark.sql.ansi.enabled", "true" if request.get("ansi") else "false")
            spark.conf.set("spark.sql.session.timeZone", request.get("zone", "UTC"))
            frame = spark.sql(request["sql"])
            schema = frame.schema
            rows = [[shown(row[i], field.dataType) for i, field in enumerate(schema.fields)] for row in frame.collect()]
            answer = {"schema": [[f.name, f.dataType.simpleString()] for f in schema.fields], "rows": rows}
        except Exception as error:  # every failure is an answer
            answer = {"error": error_class(error), "message": str(error)[:400]}
        out.write(json.dumps(answer) + "\n")
        out.flush()


main()
