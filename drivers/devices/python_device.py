"""A device with the official SDK: telemetry in a loop, messages, methods, and its twin."""

import json
import os
import time

from azure.iot.device import IoTHubDeviceClient, Message, MethodResponse

with open(os.environ["IOTHUB_CA_FILE"]) as file:
    authorities = file.read()
client = IoTHubDeviceClient.create_from_connection_string(
    os.environ["IOTHUB_DEVICE_CONNECTION_STRING"], server_verification_cert=authorities
)
state = {"led": "off", "n": 0}


def send():
    state["n"] += 1
    body = json.dumps({"n": state["n"], "led": state["led"]})
    client.send_message(Message(body, content_encoding="utf-8", content_type="application/json"))


def on_method(request):
    status, payload = 404, {"error": f"no method {request.name}"}
    if request.name == "setLed":
        wanted = isinstance(request.payload, dict) and request.payload.get("on") is True
        state["led"] = "on" if wanted else "off"
        status, payload = 200, {"led": state["led"]}
    elif request.name == "sendNow":
        send()
        status, payload = 200, None
    client.send_method_response(MethodResponse.create_from_method_request(request, status, payload))


def on_message(message):
    try:
        state["led"] = json.loads(message.data.decode())["led"]
    except (ValueError, KeyError, TypeError):
        return
    send()


def on_desired(patch):
    if patch.get("interval") is not None:
        client.patch_twin_reported_properties({"interval": {"value": patch["interval"]}})


client.on_method_request_received = on_method
client.on_message_received = on_message
client.on_twin_desired_properties_patch_received = on_desired
client.connect()
client.patch_twin_reported_properties({"firmware": "1.0"})
on_desired(client.get_twin()["desired"])
while True:
    try:
        send()
    except Exception as error:  # the connection is away: the SDK brings it back
        print(repr(error), flush=True)
    time.sleep(5)
