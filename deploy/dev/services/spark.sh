# shellcheck shell=bash
# A real Spark: a Spark Connect server of PyPI's pyspark. It takes 0.4 GB idle and up to 2.5 GB at work: stop it when it
# is not needed. Needs Python 3.10 with venv, and a Java 17 runtime.

spark_version=4.1.4

install_spark() {
  [ -s "$folder/spark/installed" ] && [ "$(cat "$folder/spark/installed")" = "$spark_version" ] && return
  command -v java >/dev/null || fail "there is no java; install a Java 17 runtime (Debian: openjdk-17-jre-headless)"
  say "installing pyspark $spark_version (about 500 MB)"
  rm -rf "$folder/spark/venv"
  python3 -m venv "$folder/spark/venv" || fail "python3 could not make an environment; install its venv module"
  "$folder/spark/venv/bin/pip" install -q "pyspark[connect]==$spark_version" >"$folder/spark/pip.log" 2>&1 ||
    fail "pip could not install pyspark; see $folder/spark/pip.log"
  echo "$spark_version" >"$folder/spark/installed"
}

# True once a query has been answered: the port is open before Spark can work.
spark_answers() {
  "$folder/spark/venv/bin/python" - "$1" >>"$folder/spark/log" 2>&1 <<'PYTHON'
import sys
from pyspark.sql import SparkSession
session = SparkSession.builder.remote(f"sc://127.0.0.1:{sys.argv[1]}").getOrCreate()
assert session.sql("SELECT 1").collect()[0][0] == 1
session.stop()
PYTHON
}

start_spark() {
  local dir=$folder/spark home port
  install_spark
  port=$(port_of spark)
  home=$(echo "$dir"/venv/lib/python3*/site-packages/pyspark)
  mkdir -p "$dir/data"
  # spark-submit becomes the server, so that its pid stays the server's.
  run spark env --chdir="$dir/data" SPARK_HOME="$home" SPARK_LOCAL_DIRS="$dir/local" "$home/bin/spark-submit" \
    --class org.apache.spark.sql.connect.service.SparkConnectServer --master 'local[2]' --driver-memory 2g \
    --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
    --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$port" \
    --conf spark.ui.enabled=false --conf spark.sql.session.timeZone=UTC --conf spark.sql.shuffle.partitions=2 \
    --conf spark.driver.extraJavaOptions=-Duser.timezone=UTC --conf "spark.sql.warehouse.dir=$dir/data/warehouse" \
    --conf spark.log.level=ERROR spark-internal
  wait_ready spark "$port" spark_answers
}

env_spark() {
  echo "export SLUICE_TEST_SPARK_URL=127.0.0.1:$(port_of spark)"
  echo "export SLUICE_SPARK_PYTHON=$folder/spark/venv/bin/python"
}
