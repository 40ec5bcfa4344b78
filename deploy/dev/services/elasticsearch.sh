# shellcheck shell=bash
# Elasticsearch, from Maven Central.

elasticsearch_artifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:7.17.0:zip

start_elasticsearch() {
  local dir=$folder/elasticsearch port java
  if [ ! -d "$dir/server" ]; then
    fetch_archive elasticsearch "$elasticsearch_artifact"
    unzip -qo "$dir"/archive/*.zip -d "$dir/server.part"
    mv "$dir"/server.part/* "$dir/server"
    rm -rf "$dir/archive" "$dir/server.part"
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

env_elasticsearch() { echo "export SLUICE_TEST_ELASTICSEARCH_URL=http://127.0.0.1:$(port_of elasticsearch)"; }
