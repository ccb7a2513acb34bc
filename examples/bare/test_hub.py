"""Tests that start a hub of their own: `python -m unittest test_hub`.

Clients dial port 8883, so each hub gets a loopback address of its own.
"""

import base64
import hashlib
import hmac
import json
import os
import queue
import shlex
import subprocess
import threading
import time
import unittest
import urllib.parse
import urllib.request

import paho.mqtt.client as mqtt

COMMAND = shlex.split(os.environ.get("MOCK_IOT_HUB", "npx mock-iot-hub"))
ADDRESS = os.environ.get("EXAMPLE_ADDRESS", "127.0.0.2")
EVENTS = "devices/thermostat/messages/events/"


class HubTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        flags = ["--json", "--listen", ADDRESS, "--mqtt-port", "8883", "--control-port", "0", "--no-amqp"]
        cls.process = subprocess.Popen([*COMMAND, *flags, "--device", "thermostat"], stdout=subprocess.PIPE, text=True)
        cls.hub = json.loads(cls.process.stdout.readline())  # the first line describes the hub
        threading.Thread(target=cls.process.stdout.read, daemon=True).start()
        cls.parts = dict(part.split("=", 1) for part in cls.hub["devices"][0]["connectionString"].split(";"))

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()

    def setUp(self):
        self.control("POST", "/reset")
        self.arrived = queue.Queue()

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.hub["controlUrl"] + path, data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")

    def authorize(self, client, seconds):
        """The password is a token that lives for so many seconds, by the device's key."""
        host, device = self.parts["HostName"], self.parts["DeviceId"]
        resource = urllib.parse.quote(f"{host}/devices/{device}", safe="")
        expiry = int(time.time()) + seconds
        key = base64.b64decode(self.parts["SharedAccessKey"])
        digest = hmac.new(key, f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
        signature = urllib.parse.quote(base64.b64encode(digest), safe="")
        token = f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"
        client.username_pw_set(f"{host}/{device}/?api-version=2021-04-12", token)

    def connect(self, seconds):
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id="thermostat", protocol=mqtt.MQTTv311, clean_session=False
        )
        self.authorize(client, seconds)
        client.tls_set(ca_certs=self.hub["caPath"])
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: self.arrived.put(str(reason))
        client.on_disconnect = lambda _client, _data, _flags, reason, _properties: self.arrived.put(f"lost: {reason}")
        client.connect(self.parts["HostName"], 8883, keepalive=60)
        client.loop_start()
        self.addCleanup(client.loop_stop)
        self.addCleanup(client.disconnect)
        return client

    def wait_for(self, start):
        """The next thing that happened whose name begins so."""
        while not (name := self.arrived.get(timeout=30)).startswith(start):
            pass
        return name

    def bodies(self):
        return [message["body"] for message in self.control("GET", "/telemetry")]

    def test_telemetry_survives_a_lost_acknowledgement(self):
        client = self.connect(3600)
        self.wait_for("Success")
        fault = self.control("POST", "/faults", {"name": "mqtt.puback.close"})
        client.publish(EVENTS, "hello", qos=1).wait_for_publish(30)  # paho connects again and sends it again
        self.assertEqual(self.control("GET", f"/faults/{fault['id']}")["fired"], 1)
        self.assertGreaterEqual(self.bodies().count("hello"), 1)  # QoS 1: at least once

    def test_a_device_whose_token_expires_comes_back_with_a_new_one(self):
        client = self.connect(3600)
        self.wait_for("Success")
        self.control("POST", "/devices/thermostat/expire-token")
        self.wait_for("lost")
        self.wait_for("Not authorized")  # paho connects again by itself, with the old token
        self.authorize(client, 7200)
        self.wait_for("Success")
        client.publish(EVENTS, "back again", qos=1).wait_for_publish(30)
        self.assertIn("back again", self.bodies())

    def test_a_device_whose_clock_is_two_hours_late_is_refused(self):
        self.control("POST", "/clock/offset", {"by": "2h"})  # the hub's clock, not the device's
        client = self.connect(3600)
        self.wait_for("Not authorized")
        self.assertIn("clock is 2h ahead of the system clock", json.dumps(self.control("GET", "/explain/last")))
        self.authorize(client, 3 * 3600)
        self.wait_for("Success")


if __name__ == "__main__":
    unittest.main()
