#!/bin/sh
# A back end without an SDK: the service's REST API with curl, openssl for the token. What the service has over AMQP alone
# (events, messages to devices) comes from the control API of the mock here; the pages of other languages do it over AMQP.
set -eu
part() { printf '%s' "$2" | tr ';' '\n' | sed -n "s/^$1=//p"; }
host=$(part HostName "$IOTHUB_CONNECTION_STRING") policy=$(part SharedAccessKeyName "$IOTHUB_CONNECTION_STRING")
key=$(part SharedAccessKey "$IOTHUB_CONNECTION_STRING") device=$(part DeviceId "$IOTHUB_DEVICE_CONNECTION_STRING")

expiry=$(($(date +%s) + 3600))
hexkey=$(printf '%s' "$key" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=$(printf '%s\n%s' "$host" "$expiry" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hexkey" -binary |
  base64 | sed 's/+/%2B/g; s/\//%2F/g; s/=/%3D/g')
service() {
  curl -sSf -X "$1" "https://$host/$2?api-version=2021-04-12" -H 'Content-Type: application/json' -d "$3" \
    -H "Authorization: SharedAccessSignature sr=$host&sig=$signature&se=$expiry&skn=$policy"
}

# Events: those that the hub has, until there is a temperature.
tries=0
until events=$(curl -sSf "$MOCK_IOT_HUB_CONTROL_URL/telemetry") && printf '%s' "$events" | grep -q temperature; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo 'no telemetry' >&2; exit 1; }
  sleep 1
done
printf 'events: %s\n' "$events"

service PATCH "twins/$device" '{"properties":{"desired":{"interval":5}}}' >/dev/null
answer=$(service POST "twins/$device/methods" '{"methodName":"reboot","payload":{"delay":1},"connectTimeoutInSeconds":30}')
echo "method answered $answer"
curl -sSf -X POST "$MOCK_IOT_HUB_CONTROL_URL/devices/$device/messages" -d '{"body":"hello from the cloud"}' >/dev/null
echo 'back end: done'
