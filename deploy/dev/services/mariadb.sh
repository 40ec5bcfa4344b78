# shellcheck shell=bash
# MariaDB, of Debian.

# shellcheck source=./mysql-user.sh
source "$here/services/mysql-user.sh"

start_mariadb() {
  install_packages mariadb-server
  local dir=$folder/mariadb port
  port=$(port_of mariadb)
  prepare_mysql_user "$dir"
  write_init mariadb
  if [ ! -d "$dir/data/mysql" ]; then
    rm -rf "$dir/data"
    # shellcheck disable=SC2046
    mariadb-install-db --no-defaults $(user_option) --datadir="$dir/data" --auth-root-authentication-method=normal \
      --skip-test-db >>"$dir/log" 2>&1 || fail "mariadb-install-db failed; see $dir/log"
  fi
  # shellcheck disable=SC2046
  run mariadb "$(command -v mariadbd || echo /usr/sbin/mariadbd)" --no-defaults $(user_option) --datadir="$dir/data" \
    --socket="$dir/m.sock" --pid-file="$dir/server.pid" --bind-address=127.0.0.1 --port="$port" --skip-name-resolve \
    --character-set-server=utf8mb4 --max-connections=500 --init-file="$dir/init.sql"
  wait_ready mariadb "$port"
}

env_mariadb() { echo "export SLUICE_TEST_MARIADB_URL=mysql://sluice:sluice@127.0.0.1:$(port_of mariadb)/sluice"; }
