#!/bin/sh
# A Python with a real Spark in it, for the tests that compare SQL with Spark's, and a Spark Connect server.
#   deploy/dev/spark.sh install FOLDER   makes a Python environment with pyspark there and prints its python
#   deploy/dev/spark.sh connect FOLDER PORT   runs a Spark Connect server from it in the foreground, on loopback
# Needs Python 3.9 or newer and a Java runtime 17 or newer. Set SLUICE_SPARK_PYTHON to what `install` prints.
set -eu
VERSION=4.1.4
command=${1:-}
folder=${2:-}
[ -n "$folder" ] || { sed -n '2,6p' "$0" >&2; exit 2; }
python="$folder/bin/python"
case "$command" in
  install)
    [ -x "$python" ] || python3 -m venv "$folder"
    "$python" -c "import pyspark; assert pyspark.__version__ == '$VERSION'" 2>/dev/null ||
      "$folder/bin/pip" install --quiet "pyspark==$VERSION"
    echo "$python"
    ;;
  connect)
    port=${3:?a port is needed}
    SPARK_HOME=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
    export SPARK_HOME
    exec "$SPARK_HOME/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer \
      --master 'local[2]' --driver-memory 4g --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
      --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$port" \
      --conf spark.ui.enabled=false --conf spark.sql.session.timeZone=UTC --conf spark.sql.shuffle.partitions=4 spark-internal
    ;;
  *)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
