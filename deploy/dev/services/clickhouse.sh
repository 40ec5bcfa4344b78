# shellcheck shell=bash
# ClickHouse, of Debian.

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

env_clickhouse() { echo "export SLUICE_TEST_CLICKHOUSE_URL=http://sluice:sluice@127.0.0.1:$(port_of clickhouse)"; }
