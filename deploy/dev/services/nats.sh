# shellcheck shell=bash
# NATS with JetStream, of Debian.

start_nats() {
  install_packages nats-server
  local dir=$folder/nats port
  port=$(port_of nats)
  run nats "$(command -v nats-server || echo /usr/sbin/nats-server)" -js -sd "$dir/data" -a 127.0.0.1 -p "$port"
  wait_ready nats "$port"
}

env_nats() { echo "export SLUICE_TEST_NATS_URL=nats://127.0.0.1:$(port_of nats)"; }
