"""A back end: reads events, sets desired properties, calls a method, sends a message to the device."""

import os
import threading

import certifi

# The AMQP library of azure-iot-hub knows no root certificates but those of this package.
certifi.where = lambda: os.environ["MOCK_IOT_HUB_CA"]

from azure.eventhub import EventHubConsumerClient  # noqa: E402
from azure.iot.hub import IoTHubRegistryManager  # noqa: E402
from azure.iot.hub.models import CloudToDeviceMethod, Twin, TwinProperties  # noqa: E402

parts = dict(part.split("=", 1) for part in os.environ["IOTHUB_DEVICE_CONNECTION_STRING"].split(";"))
device_id = parts["DeviceId"]

# Events of the Event Hubs-compatible endpoint, from the first one on. No environment variable sets its root certificate.
reader = EventHubConsumerClient.from_connection_string(
    os.environ["EVENTHUB_CONNECTION_STRING"],
    consumer_group="$Default",
    connection_verify=os.environ["MOCK_IOT_HUB_CA"],
)
measured = threading.Event()


def on_event(_partition, event):
    if event is None:
        return
    sender = event.system_properties[b"iothub-connection-device-id"].decode()
    print("event of", sender, event.body_as_str(encoding="UTF-8"), flush=True)
    if "temperature" in event.body_as_json(encoding="UTF-8"):
        measured.set()


threading.Thread(
    target=reader.receive, kwargs={"on_event": on_event, "starting_position": "-1", "max_wait_time": 1}, daemon=True
).start()
assert measured.wait(30), "no telemetry"
reader.close()

registry = IoTHubRegistryManager.from_connection_string(os.environ["IOTHUB_CONNECTION_STRING"])
registry.update_twin(device_id, Twin(properties=TwinProperties(desired={"interval": 5})), "*")
answer = registry.invoke_device_method(
    device_id, CloudToDeviceMethod(method_name="reboot", payload={"delay": 1}, connect_timeout_in_seconds=30)
)
print("method answered", answer.status, answer.payload, flush=True)
registry.send_c2d_message(device_id, "hello from the cloud")
print("back end: done", flush=True)
os._exit(0)  # the reader's thread may still be closing
