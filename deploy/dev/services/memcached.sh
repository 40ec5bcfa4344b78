# shellcheck shell=bash
# memcached with a user, of Debian.

start_memcached() {
  install_packages memcached
  local dir=$folder/memcached port
  port=$(port_of memcached)
  # Read by the user that memcached becomes.
  echo sluice:sluice >"$dir/users"
  chmod 644 "$dir/users"
  # shellcheck disable=SC2046
  run memcached memcached -Y "$dir/users" -l 127.0.0.1 -p "$port" $(if is_root; then echo -u nobody; fi) -P "$dir/server.pid"
  wait_ready memcached "$port"
}

env_memcached() { echo "export SLUICE_TEST_MEMCACHED_URL=memcached://sluice:sluice@127.0.0.1:$(port_of memcached)"; }
