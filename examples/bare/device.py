"""A device without an SDK: paho-mqtt, and what IoT Hub asks of MQTT 3.1.1.

Telemetry, the twin, a direct method, a message from the cloud; `backend.py` of the Python example is its back end.
"""

import base64
import hashlib
import hmac
import json
import os
import queue
import time
import urllib.parse

import paho.mqtt.client as mqtt

parts = dict(part.split("=", 1) for part in os.environ["IOTHUB_DEVICE_CONNECTION_STRING"].split(";"))
host, device, key = parts["HostName"], parts["DeviceId"], base64.b64decode(parts["SharedAccessKey"])


def token(seconds=3600):
    resource = urllib.parse.quote(f"{host}/devices/{device}", safe="")
    expiry = int(time.time()) + seconds
    digest = hmac.new(key, f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote(base64.b64encode(digest), safe="")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"


arrived = queue.Queue()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device, protocol=mqtt.MQTTv311)
client.username_pw_set(f"{host}/{device}/?api-version=2021-04-12", token())
client.tls_set(ca_certs=os.environ["MOCK_IOT_HUB_CA"])
client.on_connect = lambda _client, _data, _flags, reason, _properties: arrived.put(("connected", str(reason)))
client.on_subscribe = lambda *_: arrived.put(("subscribed", None))
client.on_message = lambda _client, _data, message: arrived.put((message.topic, message.payload.decode()))
client.connect(host, 8883, keepalive=60)
client.loop_start()


def wait_for(prefix):
    """The next message whose topic begins so; others are kept."""
    kept = []
    while True:
        topic, payload = arrived.get(timeout=30)
        if topic.startswith(prefix):
            for one in kept:
                arrived.put(one)
            return topic, payload
        kept.append((topic, payload))


print(wait_for("connected"))
# At most five subscriptions; the methods and the twin need theirs before the first request.
client.subscribe([("$iothub/twin/res/#", 0), ("$iothub/twin/PATCH/properties/desired/#", 0)])
client.subscribe([("$iothub/methods/POST/#", 0), (f"devices/{device}/messages/devicebound/#", 1)])
for _ in range(2):
    wait_for("subscribed")

# Telemetry: system and application properties stand in the topic, percent-encoded.
topic = f"devices/{device}/messages/events/$.ct=application%2Fjson&$.ce=utf-8&alert=false"
client.publish(topic, json.dumps({"temperature": 21.5}), qos=1).wait_for_publish(10)
print("telemetry sent", flush=True)

# The twin: read it whole, then wait for the back end's change and report it.
client.publish("$iothub/twin/GET/?$rid=1", "")
_, twin = wait_for("$iothub/twin/res/200/")
desired = json.loads(twin)["desired"]
if "interval" not in desired:
    desired = json.loads(wait_for("$iothub/twin/PATCH/properties/desired/")[1])
client.publish("$iothub/twin/PATCH/properties/reported/?$rid=2", json.dumps({"interval": desired["interval"]}))
wait_for("$iothub/twin/res/204/")
print("desired interval", desired["interval"], flush=True)

# A direct method: the answer goes to a topic with the request id.
topic, payload = wait_for("$iothub/methods/POST/")
name, rid = topic.split("/")[3], topic.split("$rid=")[1]
client.publish(f"$iothub/methods/res/200/?$rid={rid}", json.dumps({"rebooting": True}))
print("method", name, payload, flush=True)

print("message from the cloud:", wait_for(f"devices/{device}/messages/devicebound/")[1], flush=True)
client.disconnect()
client.loop_stop()
print("device: done", flush=True)
