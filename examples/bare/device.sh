#!/bin/sh
# A device without an SDK: mosquitto's command line tools, openssl for the token, curl for the back end's part.
set -eu
part() { printf '%s' "$IOTHUB_DEVICE_CONNECTION_STRING" | tr ';' '\n' | sed -n "s/^$1=//p"; }
host=$(part HostName) device=$(part DeviceId) key=$(part SharedAccessKey)

# The token: base64(HMAC-SHA256(key, "resource\nexpiry")), percent-encoded.
resource="$host%2Fdevices%2F$device"
expiry=$(($(date +%s) + 3600))
hexkey=$(printf '%s' "$key" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=$(printf '%s\n%s' "$resource" "$expiry" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hexkey" -binary |
  base64 | sed 's/+/%2B/g; s/\//%2F/g; s/=/%3D/g')
token="SharedAccessSignature sr=$resource&sig=$signature&se=$expiry"

# Client id, user name and password as IoT Hub wants them; one connection of a device at a time.
set -- -h "$host" -p 8883 --cafile "$MOCK_IOT_HUB_CA" -V mqttv311 -i "$device" \
  -u "$host/$device/?api-version=2021-04-12" -P "$token"

# Telemetry, with a content type and a property of the application in the topic.
mosquitto_pub "$@" -q 1 -t "devices/$device/messages/events/\$.ct=application%2Fjson&\$.ce=utf-8&alert=false" \
  -m '{"temperature": 21.5}'
echo 'telemetry sent'

# A file, over HTTPS: the hub names the blob, the storage takes it, the hub is told. curl trusts CURL_CA_BUNDLE.
files="https://$host/devices/$device/files"
place=$(curl -sSf "$files?api-version=2021-04-12" -H "Authorization: $token" -H 'Content-Type: application/json' \
  -d '{"blobName":"log.txt"}')
field() { printf '%s' "$place" | sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
curl -sSf -X PUT "https://$(field hostName)/$(field containerName)/$(field blobName)$(field sasToken)" \
  -H 'x-ms-blob-type: BlockBlob' --data-binary 'a line of the log'
curl -sSf "$files/notifications?api-version=2021-04-12" -H "Authorization: $token" -H 'Content-Type: application/json' \
  -d "{\"correlationId\":\"$(field correlationId)\",\"isSuccess\":true,\"statusCode\":200}"
echo 'file uploaded'

# A message from the cloud. The session is kept (-c), so that its subscription is there when the back end sends: the message
# waits for the device, which was away. The control API stands in for the back end.
mosquitto_sub "$@" -c -q 1 -t "devices/$device/messages/devicebound/#" -E
curl -sSf -X POST "$MOCK_IOT_HUB_CONTROL_URL/devices/$device/messages" -d '{"body":"hello from the cloud"}' >/dev/null
mosquitto_sub "$@" -c -q 1 -t "devices/$device/messages/devicebound/#" -C 1 -W 10

# The token expires: the hub refuses it from now on.
curl -sSf -X POST "$MOCK_IOT_HUB_CONTROL_URL/devices/$device/expire-token"
if mosquitto_pub "$@" -t "devices/$device/messages/events/" -m late 2>/dev/null; then
  echo 'the old token still works' >&2
  exit 1
fi
curl -sSf "$MOCK_IOT_HUB_CONTROL_URL/explain/last" | sed 's/.*"sentence":"\([^"]*\)".*/refused, as it should be: \1/'
echo
echo 'device: done'
