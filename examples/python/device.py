"""A device: telemetry, its twin, a direct method, a message from the cloud, a file upload."""

import json
import os
import threading

from azure.iot.device import IoTHubDeviceClient, Message, MethodResponse
from azure.storage.blob import BlobClient

client = IoTHubDeviceClient.create_from_connection_string(os.environ["IOTHUB_DEVICE_CONNECTION_STRING"])
rebooted, told, configured = threading.Event(), threading.Event(), threading.Event()


def on_method(request):
    print("method", request.name, request.payload, flush=True)
    client.send_method_response(MethodResponse.create_from_method_request(request, 200, {"rebooting": True}))
    rebooted.set()


def on_message(message):
    print("message from the cloud:", message.data.decode(), flush=True)
    told.set()


def configure(desired):
    if "interval" not in desired or configured.is_set():
        return
    print("desired interval", desired["interval"], flush=True)
    client.patch_twin_reported_properties({"interval": desired["interval"]})
    configured.set()


client.connect()
client.on_method_request_received = on_method
client.on_message_received = on_message
client.on_twin_desired_properties_patch_received = configure

# Telemetry.
message = Message(json.dumps({"temperature": 21.5}), content_encoding="utf-8", content_type="application/json")
message.custom_properties["alert"] = "false"
client.send_message(message)
print("telemetry sent", flush=True)

# The twin: a patch may have come before the handler, so the device reads the whole twin once.
configure(client.get_twin()["desired"])

# A file: the hub names the blob, the storage takes it, the hub is told.
upload = client.get_storage_info_for_blob("log.txt")
url = f"https://{upload['hostName']}/{upload['containerName']}/{upload['blobName']}{upload['sasToken']}"
with BlobClient.from_blob_url(url) as blob:
    blob.upload_blob(b"a line of the log\n", overwrite=True)
client.notify_blob_upload_status(upload["correlationId"], True, 200, "done")
print("file uploaded", flush=True)

for event in (rebooted, told, configured):
    assert event.wait(30), "the back end has not called"
client.shutdown()
print("device: done", flush=True)
