#!/bin/bash
# Formats the broker's storage at the first start, with its superuser, and starts the broker.
set -euo pipefail
config=/secrets/kafka.properties
if [ ! -e /var/lib/kafka/data/meta.properties ]; then
  /opt/kafka/bin/kafka-storage.sh format --config "$config" --cluster-id "$(cat /secrets/cluster-id)" \
    --add-scram "SCRAM-SHA-512=[name=admin,password=$(cat /secrets/secrets/kafka-admin-password)]"
fi
exec /opt/kafka/bin/kafka-server-start.sh "$config"
