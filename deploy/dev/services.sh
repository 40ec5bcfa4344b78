#!/usr/bin/env bash
# Starts the services that Sluice's tests run against, on free loopback ports in a private folder, without systemd.
#
#   services.sh start [NAME|all]...   installs what is missing, starts, waits until ready
#   services.sh stop [...]            stops what was started here
#   services.sh status                one line for each service
#   services.sh env                   export lines for the tests: eval "$(deploy/dev/services.sh env)"
#
# A NAME is that of a file in services/, such as mariadb, nats or spark; `all` (the default) means every server but spark
# and hiveserver2, which are large. The folder is $SLUICE_TEST_SERVICES_DIR, by default ${TMPDIR:-/tmp}/sluice-dev-services; remove it after
# `stop` to begin anew. Starting what runs does nothing.
#
# A service is a file services/NAME.sh with two functions: start_NAME installs it, runs it at the port `port_of NAME` and
# waits until it is ready; env_NAME prints what the tests need to reach it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${SLUICE_TEST_SERVICES_DIR:-${TMPDIR:-/tmp}/sluice-dev-services}
everything=(mariadb mysql nats postgresql redis memcached ftp ssh s3 mongodb elasticsearch kafka clickhouse)
on_demand=(spark hiveserver2 python)

source "$here/services/common.sh"
for name in "${everything[@]}" "${on_demand[@]}"; do
  # shellcheck source=/dev/null
  source "$here/services/$name.sh"
done

start() {
  local name
  mkdir -p "$folder"
  chmod 755 "$folder"
  exec 9>"$folder/lock"
  flock 9
  for name in "$@"; do
    if is_running "$name"; then
      wait_ready "$name" "$(port_of "$name")"
    else
      mkdir -p "$folder/$name"
      check_port "$name"
      "start_$name"
    fi
  done
}

stop() {
  local name pid tenths
  for name in "$@"; do
    if ! is_running "$name"; then
      rm -f "$folder/$name/pid"
      continue
    fi
    pid=$(cat "$folder/$name/pid")
    kill -TERM "$pid"
    for ((tenths = 0; tenths < 200; tenths++)); do
      is_running "$name" || break
      sleep 0.1
    done
    if is_running "$name"; then kill -KILL "$pid"; fi
    rm -f "$folder/$name/pid"
    say "$name has stopped"
  done
}

status() {
  local name
  for name in "${everything[@]}" spark hiveserver2; do
    if is_running "$name"; then
      echo "$name running on 127.0.0.1:$(port_of "$name") as $(cat "$folder/$name/pid")"
    else
      echo "$name stopped"
    fi
  done
}

print_env() {
  local name
  for name in "${everything[@]}" spark hiveserver2; do
    if is_running "$name"; then "env_$name"; fi
  done
  if [ -x "$folder/python/ready" ]; then env_python; fi
}

command=${1:-help}
[ $# -gt 0 ] && shift
names=()
for name in "${@:-all}"; do
  case $name in
  all) names+=("${everything[@]}") ;;
  *)
    [[ " ${everything[*]} ${on_demand[*]} " == *" $name "* ]] ||
      fail "there is no service '$name'; use ${everything[*]} ${on_demand[*]} or all"
    names+=("$name")
    ;;
  esac
done

case $command in
start) start "${names[@]}" ;;
stop) stop "${names[@]}" ;;
status) status ;;
env) print_env ;;
*)
  sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  [ "$command" = help ]
  ;;
esac
