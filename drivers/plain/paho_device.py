"""A device on paho-mqtt with tokens made by hand, over MQTT and over WebSocket. Prints one JSON object for each check."""

import json
import queue
import ssl
import sys
import threading

import paho.mqtt.client as mqtt
from backend import CA, HOST, create_device, row, same, service, telemetry, token

WAIT = 20


class Device:
    """One connection. Messages wait in a queue for each first part of a topic."""

    def __init__(self, device_id, key, transport):
        self.id = device_id
        self.connack = queue.Queue()
        self.granted = queue.Queue()
        self.lost = threading.Event()
        self.inbox = queue.Queue()
        self.client = mqtt.Client(client_id=device_id, transport=transport, protocol=mqtt.MQTTv311)
        self.client.username_pw_set(
            f"{HOST}/{device_id}/?api-version=2021-04-12", token(f"{HOST}/devices/{device_id}", key)
        )
        self.client.tls_set(ca_certs=CA, cert_reqs=ssl.CERT_REQUIRED)
        if transport == "websockets":
            self.client.ws_set_options(path="/$iothub/websocket")
        self.port = 443 if transport == "websockets" else 8883
        self.client.on_connect = lambda _c, _d, _f, code: self.connack.put(code)
        self.client.on_subscribe = lambda _c, _d, _mid, codes: self.granted.put(codes)
        self.client.on_message = lambda _c, _d, message: self.inbox.put(message)
        self.client.on_disconnect = lambda *_: self.lost.set()

    def connect(self):
        self.client.connect(HOST, self.port, keepalive=60)
        self.client.loop_start()
        return self.connack.get(timeout=WAIT)

    def publish(self, topic, payload, qos=1):
        info = self.client.publish(topic, payload, qos)
        info.wait_for_publish(WAIT)
        same(info.is_published(), True)

    def subscribe(self, topic, qos=1):
        self.client.subscribe(topic, qos)
        codes = self.granted.get(timeout=WAIT)
        same(codes, (qos,))

    def next(self):
        return self.inbox.get(timeout=WAIT)

    def ask_twin(self, rid, topic, payload=b""):
        self.publish(f"$iothub/twin/{topic}?$rid={rid}", payload, qos=0)
        return self.next()

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()


def check(transport):
    area = "WebSocket" if transport == "websockets" else "MQTT"
    device_id = f"paho-{transport}"
    key = create_device(device_id)
    device = Device(device_id, key, transport)

    def connects():
        same(device.connect(), mqtt.CONNACK_ACCEPTED)
        same(service("GET", f"/devices/{device_id}")["connectionState"], "Connected")

    def sends():
        device.publish(f"devices/{device_id}/messages/events/color=dark%20red&$.mid=m-1&$.ct=application%2Fjson", '{"t":1}')
        (message,) = telemetry(device_id)
        same(message["body"], '{"t":1}')
        same(message["properties"], {"color": "dark red"})
        same(message["system"]["messageId"], "m-1")

    def receives():
        device.subscribe(f"devices/{device_id}/messages/devicebound/#")
        service("POST", f"/devices/{device_id}/messages/devicebound", {"go": True}, {"iothub-app-mode": "eco"})
        message = device.next()
        same(json.loads(message.payload), {"go": True})
        # urllib writes header names with a capital.
        same("Mode=eco" in message.topic.split("/")[-1].split("&"), True)

    def reads_twin():
        device.subscribe("$iothub/twin/res/#", qos=0)
        answer = device.ask_twin(1, "GET/")
        same(answer.topic, "$iothub/twin/res/200/?$rid=1")
        same(json.loads(answer.payload), {"desired": {"$version": 1}, "reported": {"$version": 1}})

    def reports():
        answer = device.ask_twin(2, "PATCH/properties/reported/", '{"temperature":21.0,"old":null}')
        same(answer.topic, "$iothub/twin/res/204/?$rid=2&$version=2")
        reported = service("GET", f"/twins/{device_id}")["properties"]["reported"]
        same((reported["temperature"], type(reported["temperature"])), (21.0, float))

    def is_told():
        device.subscribe("$iothub/twin/PATCH/properties/desired/#", qos=0)
        service("PATCH", f"/twins/{device_id}", {"properties": {"desired": {"limit": 40.0}}})
        message = device.next()
        same(message.topic, "$iothub/twin/PATCH/properties/desired/?$version=2")
        same(message.payload, b'{"limit":40.0,"$version":2}')

    def answers():
        device.subscribe("$iothub/methods/POST/#", qos=0)
        answer = queue.Queue()
        call = {"methodName": "dim", "payload": {"to": 3}, "responseTimeoutInSeconds": WAIT}
        caller = threading.Thread(target=lambda: answer.put(service("POST", f"/twins/{device_id}/methods", call)))
        caller.start()
        message = device.next()
        same(json.loads(message.payload), {"to": 3})
        same(message.topic.startswith("$iothub/methods/POST/dim/?$rid="), True)
        device.publish(f"$iothub/methods/res/207/?$rid={message.topic.split('=')[1]}", '{"ok":true}', qos=0)
        same(answer.get(timeout=WAIT), {"status": 207, "payload": {"ok": True}})

    def is_closed():
        device.publish("devices/somebody-else/messages/events/", "x", qos=0)
        same(device.lost.wait(WAIT), True)

    def is_refused():
        stranger = Device(device_id, "d3Jvbmc=", transport)
        same(stranger.connect(), mqtt.CONNACK_REFUSED_NOT_AUTHORIZED)
        stranger.leave()

    for call, run in [
        ("connects", connects),
        ("sends telemetry with properties", sends),
        ("receives a cloud-to-device message", receives),
        ("reads its twin", reads_twin),
        ("reports a float with a whole value", reports),
        ("is told of desired properties", is_told),
        ("answers a direct method", answers),
        ("is closed for a topic of another device", is_closed),
        ("is refused with a wrong key", is_refused),
    ]:
        row(area, call, run)
    device.leave()


for name in ("tcp", "websockets"):
    check(name)
sys.exit(0)
