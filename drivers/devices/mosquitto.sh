#!/bin/sh
# A device of two commands, mosquitto_pub and openssl: one connection for each message.
set -eu
part() { printf '%s' "$IOTHUB_DEVICE_CONNECTION_STRING" | tr ';' '\n' | sed -n "s/^$1=//p"; }
host=$(part HostName) device=$(part DeviceId) key=$(part SharedAccessKey)
hexkey=$(printf '%s' "$key" | base64 -d | od -An -v -tx1 | tr -d ' \n')
resource="$host%2Fdevices%2F$device"
n=0
while true; do
  expiry=$(($(date +%s) + 3600)) n=$((n + 1))
  signature=$(printf '%s\n%s' "$resource" "$expiry" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hexkey" -binary |
    base64 | sed 's/+/%2B/g; s/\//%2F/g; s/=/%3D/g')
  mosquitto_pub -h "$host" -p "$IOTHUB_MQTT_PORT" --cafile "$IOTHUB_CA_FILE" -V mqttv311 -i "$device" -q 1 \
    -u "$host/$device/?api-version=2021-04-12" -P "SharedAccessSignature sr=$resource&sig=$signature&se=$expiry" \
    -t "devices/$device/messages/events/\$.ct=application%2Fjson&\$.ce=utf-8" -m "{\"n\":$n}" || true
  sleep 5
done
