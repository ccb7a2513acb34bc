"""Tests that start a hub of their own: `python -m unittest test_hub`.

The SDK dials port 8883, so each hub gets a loopback address of its own.
"""

import base64
import hashlib
import hmac
import json
import os
import shlex
import subprocess
import threading
import time
import unittest
import urllib.parse
import urllib.request

from azure.iot.device import IoTHubDeviceClient, exceptions

COMMAND = shlex.split(os.environ.get("MOCK_IOT_HUB", "npx mock-iot-hub"))
ADDRESS = os.environ.get("EXAMPLE_ADDRESS", "127.0.0.2")


class HubTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        flags = ["--json", "--listen", ADDRESS, "--mqtt-port", "8883", "--control-port", "0", "--no-amqp"]
        cls.process = subprocess.Popen([*COMMAND, *flags, "--device", "thermostat"], stdout=subprocess.PIPE, text=True)
        cls.hub = json.loads(cls.process.stdout.readline())  # the first line describes the hub
        threading.Thread(target=cls.process.stdout.read, daemon=True).start()
        with open(cls.hub["caPath"]) as file:
            cls.ca = file.read()

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()

    def setUp(self):
        self.control("POST", "/reset")

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.hub["controlUrl"] + path, data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")

    def bodies(self):
        return [message["body"] for message in self.control("GET", "/telemetry")]

    def test_telemetry_survives_a_lost_acknowledgement(self):
        device = self.hub["devices"][0]["connectionString"]
        client = IoTHubDeviceClient.create_from_connection_string(device, server_verification_cert=self.ca)
        client.connect()
        fault = self.control("POST", "/faults", {"name": "mqtt.puback.close"})
        client.send_message("hello")  # the SDK connects again and sends it again
        client.shutdown()
        self.assertEqual(self.control("GET", f"/faults/{fault['id']}")["fired"], 1)
        self.assertGreaterEqual(self.bodies().count("hello"), 1)  # QoS 1: at least once

    def token(self, seconds):
        """A token as the application makes it, by the device's key."""
        parts = dict(part.split("=", 1) for part in self.hub["devices"][0]["connectionString"].split(";"))
        resource = urllib.parse.quote(f"{parts['HostName']}/devices/{parts['DeviceId']}", safe="")
        expiry = int(time.time()) + seconds
        key = base64.b64decode(parts["SharedAccessKey"])
        digest = hmac.new(key, f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
        signature = urllib.parse.quote(base64.b64encode(digest), safe="")
        return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"

    def test_an_application_with_its_own_tokens_comes_back_with_a_new_one(self):
        client = IoTHubDeviceClient.create_from_sastoken(
            self.token(3600), server_verification_cert=self.ca, connection_retry=False
        )
        lost = threading.Event()
        client.on_connection_state_change = lambda: None if client.connected else lost.set()
        client.connect()
        self.control("POST", "/devices/thermostat/expire-token")
        self.assertTrue(lost.wait(10))
        client.update_sastoken(self.token(7200))
        client.connect()
        client.send_message("back again")
        client.shutdown()
        self.assertIn("back again", self.bodies())

    def test_a_device_whose_clock_is_two_hours_late_is_refused(self):
        self.control("POST", "/clock/offset", {"by": "2h"})  # the hub's clock, not the device's
        late = IoTHubDeviceClient.create_from_sastoken(self.token(3600), server_verification_cert=self.ca)
        with self.assertRaises(exceptions.CredentialError):
            late.connect()
        late.shutdown()
        self.assertIn("clock is 2h ahead of the system clock", json.dumps(self.control("GET", "/explain/last")))
        renewed = IoTHubDeviceClient.create_from_sastoken(self.token(3 * 3600), server_verification_cert=self.ca)
        renewed.connect()
        renewed.shutdown()


if __name__ == "__main__":
    unittest.main()
