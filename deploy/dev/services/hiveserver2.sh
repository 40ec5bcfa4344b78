# shellcheck shell=bash
# A real server of the HiveServer2 protocol, which Impala speaks: the Thrift server in the jars of Spark's service, of which
# it takes what is installed. It takes 0.6 GB: stop it when it is not needed. Needs what spark.sh needs.

start_hiveserver2() {
  local dir=$folder/hiveserver2 home port
  mkdir -p "$folder/spark" "$dir/data"
  install_spark
  port=$(port_of hiveserver2)
  home=$(echo "$folder"/spark/venv/lib/python3*/site-packages/pyspark)
  # spark-submit becomes the server, so that its pid stays the server's.
  run hiveserver2 env --chdir="$dir/data" SPARK_HOME="$home" SPARK_LOCAL_DIRS="$dir/local" "$home/bin/spark-submit" \
    --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 --master 'local[1]' --driver-memory 1g \
    --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 --conf spark.ui.enabled=false \
    --conf spark.sql.session.timeZone=UTC --conf spark.driver.extraJavaOptions=-Duser.timezone=UTC \
    --conf "spark.sql.warehouse.dir=$dir/data/warehouse" --conf spark.log.level=ERROR spark-internal \
    --hiveconf "hive.server2.thrift.port=$port" --hiveconf hive.server2.thrift.bind.host=127.0.0.1
  wait_ready hiveserver2 "$port"
}

env_hiveserver2() {
  echo "export SLUICE_TEST_HIVESERVER2_URL=127.0.0.1:$(port_of hiveserver2)"
}
