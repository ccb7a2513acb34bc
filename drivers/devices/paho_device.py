"""A device without an SDK: paho-mqtt, and what IoT Hub asks of MQTT 3.1.1."""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.parse

import paho.mqtt.client as mqtt

parts = dict(part.split("=", 1) for part in os.environ["IOTHUB_DEVICE_CONNECTION_STRING"].split(";"))
host, device, key = parts["HostName"], parts["DeviceId"], base64.b64decode(parts["SharedAccessKey"])
events = f"devices/{device}/messages/events/$.ct=application%2Fjson&$.ce=utf-8"
bound = f"devices/{device}/messages/devicebound/"
state = {"led": "off", "n": 0, "rid": 0}


def token(seconds=3600):
    resource = urllib.parse.quote(f"{host}/devices/{device}", safe="")
    expiry = int(time.time()) + seconds
    digest = hmac.new(key, f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote(base64.b64encode(digest), safe="")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"


def send():
    state["n"] += 1
    client.publish(events, json.dumps({"n": state["n"], "led": state["led"]}), qos=1)


def ask(topic, body=""):
    state["rid"] += 1
    client.publish(f"{topic}?$rid={state['rid']}", body)


def parsed(payload):
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def report(desired):
    if desired.get("interval") is not None:
        body = json.dumps({"interval": {"value": desired["interval"]}})
        ask("$iothub/twin/PATCH/properties/reported/", body)


def on_connect(_client, _data, _flags, reason):
    # The password of the next connection, whenever that is.
    client.username_pw_set(user, token())
    if reason != 0:
        return
    filters = ["$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#", "$iothub/methods/POST/#"]
    client.subscribe([(one, 1) for one in [*filters, f"{bound}#"]])


def on_subscribe(*_):
    ask("$iothub/twin/GET/")
    ask("$iothub/twin/PATCH/properties/reported/", json.dumps({"firmware": "1.0"}))


def on_message(_client, _data, message):
    topic = message.topic
    if topic.startswith(bound):
        state["led"] = parsed(message.payload).get("led", state["led"])
        send()
    elif topic.startswith("$iothub/methods/POST/"):
        name, rid = topic.split("/")[3], topic.split("$rid=")[1]
        status, answer = 404, {"error": f"no method {name}"}
        if name == "setLed":
            state["led"] = "on" if parsed(message.payload).get("on") is True else "off"
            status, answer = 200, {"led": state["led"]}
        elif name == "sendNow":
            send()
            status, answer = 200, None
        client.publish(f"$iothub/methods/res/{status}/?$rid={rid}", json.dumps(answer))
    elif topic.startswith("$iothub/twin/PATCH/properties/desired/"):
        report(parsed(message.payload))
    elif topic.startswith("$iothub/twin/res/200/"):
        report(parsed(message.payload).get("desired", {}))


user = f"{host}/{device}/?api-version=2021-04-12"
client = mqtt.Client(client_id=device, clean_session=False, protocol=mqtt.MQTTv311)
client.username_pw_set(user, token())
client.tls_set(ca_certs=os.environ["IOTHUB_CA_FILE"])
client.reconnect_delay_set(1, 60)
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect_async(host, int(os.environ["IOTHUB_MQTT_PORT"]), keepalive=30)
client.loop_start()
while True:
    send()
    time.sleep(5)
