# shellcheck shell=bash
# PostgreSQL, of Debian.

start_postgresql() {
  install_packages postgresql openssl
  local dir=$folder/postgresql bin port
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
  port=$(port_of postgresql)
  # The server refuses root.
  local as=()
  if is_root; then
    as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    chown postgres "$dir"
  fi
  if [ ! -f "$dir/data/PG_VERSION" ]; then
    rm -rf "$dir/data"
    (cd "$dir" && echo sluice >password && chmod 644 password)
    (cd "$dir" && "${as[@]}" "$bin/initdb" -D "$dir/data" -U sluice --pwfile="$dir/password" -A scram-sha-256 \
      -E UTF8 --locale=C.UTF-8) >>"$dir/log" 2>&1 || fail "initdb failed; see $dir/log"
  fi
  # One that clients cannot check, as many servers have.
  if [ ! -f "$dir/server.key" ]; then
    (cd "$dir" && openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=sluice-test \
      -keyout server.key -out server.crt && chmod 600 server.key && { ! is_root || chown postgres server.*; }) \
      >>"$dir/log" 2>&1 || fail "no certificate could be made; see $dir/log"
  fi
  run postgresql "${as[@]}" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$dir/data" -c max_connections=200 \
    -c ssl=on -c ssl_cert_file="$dir/server.crt" -c ssl_key_file="$dir/server.key"
  wait_ready postgresql "$port"
}

env_postgresql() { echo "export SLUICE_TEST_POSTGRESQL_URL=postgresql://sluice:sluice@127.0.0.1:$(port_of postgresql)/postgres"; }
