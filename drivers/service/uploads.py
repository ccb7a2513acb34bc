"""File uploads of the official Python device SDK with azure-storage-blob, against the hub of IOTHUB_DEVICE_CONNECTION_STRING."""

import json
import os

from azure.iot.device import IoTHubDeviceClient
from azure.storage.blob import BlobClient

with open(os.environ["SSL_CERT_FILE"]) as file:
    trust = {"server_verification_cert": file.read()}
client = IoTHubDeviceClient.create_from_connection_string(os.environ["IOTHUB_DEVICE_CONNECTION_STRING"], **trust)
MB = 1_048_576


def upload(blob_name, content):
    info = client.get_storage_info_for_blob(blob_name)
    device_id_and_name, host, container = info["blobName"], info["hostName"], info["containerName"]
    url = f"https://{host}/{container}/{device_id_and_name}{info['sasToken']}"
    with BlobClient.from_blob_url(url, max_single_put_size=8 * MB, max_block_size=4 * MB) as blob:
        blob.upload_blob(content, overwrite=True)
        assert blob.download_blob().readall() == content
    client.notify_blob_upload_status(info["correlationId"], True, 200, "done")


for name, size in {"py-1.bin": 1, "py-5.bin": 5 * MB, "py-20.bin": 20 * MB}.items():
    what = f"get_storage_info_for_blob, BlobClient.upload_blob ({size} bytes), download, notify_blob_upload_status"
    told = {"area": "uploads", "call": what, "outcome": "passed", "detail": ""}
    try:
        upload(name, os.urandom(size))
    except Exception as error:
        told.update(outcome="failed", detail=f"{type(error).__name__}: {error!s:.300}")
    print(json.dumps(told), flush=True)
os._exit(0)
