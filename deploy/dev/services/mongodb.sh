# shellcheck shell=bash
# What speaks MongoDB's protocol, from Maven Central.

mongodb_artifact=de.bwaldvogel:mongo-java-server:1.47.0

start_mongodb() {
  local dir=$folder/mongodb port
  fetch_jars "$dir/jars" "$mongodb_artifact" org.slf4j:slf4j-simple:2.0.17
  port=$(port_of mongodb)
  run mongodb java -Xmx256m -cp "$dir/jars/*" "$here/services/MongodbServer.java" 127.0.0.1 "$port"
  wait_ready mongodb "$port"
}

env_mongodb() { echo "export SLUICE_TEST_MONGODB_URL=mongodb://127.0.0.1:$(port_of mongodb)"; }
