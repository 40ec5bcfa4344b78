# shellcheck shell=bash
# Redis, of Debian.

start_redis() {
  install_packages redis-server
  local port
  port=$(port_of redis)
  run redis redis-server --bind 127.0.0.1 --port "$port" --requirepass sluice --set-proc-title no --dir "$folder/redis/" --save ''
  wait_ready redis "$port"
}

env_redis() { echo "export SLUICE_TEST_REDIS_URL=redis://:sluice@127.0.0.1:$(port_of redis)"; }
