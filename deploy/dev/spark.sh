#!/usr/bin/env bash
# Starts a real Spark for tests: a Spark Connect server of PyPI's pyspark on a free loopback port, without systemd.
# services.sh calls this; the folder and the habits are the same.
#
#   spark.sh start    installs pyspark into a private Python environment, starts the server, waits until it answers
#   spark.sh stop     stops what was started here
#   spark.sh status   one line
#   spark.sh env      export lines: SLUICE_TEST_SPARK_URL=host:port, SLUICE_SPARK_PYTHON=the Python that has pyspark
#
# Needs python3 (3.10 or newer, with venv) and a Java 17 runtime. The server takes 0.4 GB idle and up to 2.5 GB at work:
# stop it when it is not needed.
set -euo pipefail

folder=${SLUICE_TEST_SERVICES_DIR:-${TMPDIR:-/tmp}/sluice-dev-services}
dir=$folder/spark
version=4.1.4
ready_seconds=90

say() { echo "services: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
}

# Whether the server's process lives and is the one that was started here: a pid may have gone to another program.
is_running() {
  local pid
  [ -s "$dir/pid" ] || return 1
  pid=$(cat "$dir/pid")
  [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$dir/"
}

install() {
  [ -s "$dir/installed" ] && [ "$(cat "$dir/installed")" = "$version" ] && return
  command -v java >/dev/null || fail "there is no java; install a Java 17 runtime (Debian: openjdk-17-jre-headless)"
  say "installing pyspark $version (about 500 MB)"
  rm -rf "$dir/venv"
  python3 -m venv "$dir/venv" || fail "python3 could not make an environment; install its venv module"
  "$dir/venv/bin/pip" install -q "pyspark[connect]==$version" >"$dir/pip.log" 2>&1 ||
    fail "pip could not install pyspark; see $dir/pip.log"
  echo "$version" >"$dir/installed"
}

spark_home() { echo "$dir"/venv/lib/python3*/site-packages/pyspark; }

# True once a query has been answered: the port is open before Spark can work.
is_ready() {
  answers "$1" && "$dir/venv/bin/python" - "$1" >>"$dir/log" 2>&1 <<'PYTHON'
import sys
from pyspark.sql import SparkSession
session = SparkSession.builder.remote(f"sc://127.0.0.1:{sys.argv[1]}").getOrCreate()
assert session.sql("SELECT 1").collect()[0][0] == 1
session.stop()
PYTHON
}

start() {
  local port pid seconds
  mkdir -p "$dir"
  if is_running; then
    say "spark runs already on 127.0.0.1:$(cat "$dir/port")"
    return
  fi
  install
  [ -s "$dir/port" ] && ! answers "$(cat "$dir/port")" || free_port >"$dir/port"
  port=$(cat "$dir/port")
  export SPARK_HOME SPARK_LOCAL_DIRS=$dir/local
  SPARK_HOME=$(spark_home)
  mkdir -p "$dir/work"
  # spark-submit becomes the server, so that its pid stays the server's.
  (
    cd "$dir/work"
    exec setsid "$SPARK_HOME/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer \
      --master 'local[2]' --driver-memory 2g \
      --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
      --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$port" \
      --conf spark.ui.enabled=false --conf spark.sql.session.timeZone=UTC --conf spark.sql.shuffle.partitions=2 \
      --conf spark.driver.extraJavaOptions=-Duser.timezone=UTC --conf "spark.sql.warehouse.dir=$dir/work/warehouse" \
      --conf spark.log.level=ERROR spark-internal
  ) >>"$dir/log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "$pid" >"$dir/pid"
  for ((seconds = 0; seconds < ready_seconds; seconds++)); do
    kill -0 "$pid" 2>/dev/null || fail "spark ended while it started; the last lines of $dir/log: $(tail -n 5 "$dir/log")"
    if is_ready "$port"; then
      say "spark is ready on 127.0.0.1:$port"
      return
    fi
    sleep 1
  done
  fail "spark was not ready after $ready_seconds s; see $dir/log"
}

stop() {
  local pid tenths
  if is_running; then
    pid=$(cat "$dir/pid")
    kill -TERM "$pid"
    for ((tenths = 0; tenths < 200; tenths++)); do
      is_running || break
      sleep 0.1
    done
    if is_running; then kill -KILL "$pid"; fi
    say "spark has stopped"
  fi
  rm -f "$dir/pid"
}

case ${1:-help} in
start) start ;;
stop) stop ;;
status) if is_running; then echo "spark running on 127.0.0.1:$(cat "$dir/port") as $(cat "$dir/pid")"; else echo "spark stopped"; fi ;;
env)
  if is_running; then
    echo "export SLUICE_TEST_SPARK_URL=127.0.0.1:$(cat "$dir/port")"
    echo "export SLUICE_SPARK_PYTHON=$dir/venv/bin/python"
  fi
  ;;
*)
  sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  [ "${1:-help}" = help ]
  ;;
esac
