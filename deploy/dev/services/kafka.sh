# shellcheck shell=bash
# Kafka, from Maven Central.

kafka_artifact=org.apache.kafka:kafka_2.13:3.9.1

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

env_kafka() { echo "export SLUICE_TEST_KAFKA_URL=kafka://sluice:sluice@127.0.0.1:$(port_of kafka)"; }
