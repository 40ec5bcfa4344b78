# shellcheck shell=bash
# What MariaDB and MySQL share: the user they run as, the user of the tests.

# Both servers run as the user mysql when root starts them: they refuse root.
prepare_mysql_user() {
  is_root || return 0
  id mysql >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin mysql
  mkdir -p "$1"
  chown mysql "$1"
}

user_option() { if is_root; then echo --user=mysql; fi; }

# The user of the tests may do everything: each test makes a database of its own.
write_init() {
  cat >"$folder/$1/init.sql" <<'SQL'
CREATE DATABASE IF NOT EXISTS sluice CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'sluice'@'%' IDENTIFIED BY 'sluice';
GRANT ALL ON *.* TO 'sluice'@'%' WITH GRANT OPTION;
SQL
}
