"""A device of an enrollment group: it asks the provisioning service for its hub, and sends telemetry there."""

import base64
import hashlib
import hmac
import os

from azure.iot.device import IoTHubDeviceClient, Message, ProvisioningDeviceClient

registration_id = "sn-007"

# The key of this device. A factory derives it; a device never knows the key of its group.
group_key = base64.b64decode(os.environ["PROVISIONING_MASTER_SYMMETRIC_KEY"])
digest = hmac.new(group_key, registration_id.encode(), hashlib.sha256).digest()
key = base64.b64encode(digest).decode()

provisioning = ProvisioningDeviceClient.create_from_symmetric_key(
    provisioning_host=os.environ["PROVISIONING_HOST"],
    registration_id=registration_id,
    id_scope=os.environ["PROVISIONING_IDSCOPE"],
    symmetric_key=key,
)
result = provisioning.register()
assert result.status == "assigned", result.status
state = result.registration_state
print("assigned to", state.assigned_hub, "as", state.device_id, flush=True)

client = IoTHubDeviceClient.create_from_symmetric_key(key, state.assigned_hub, state.device_id)
client.connect()
client.send_message(Message('{"temperature":21.5}', content_encoding="utf-8", content_type="application/json"))
print("telemetry sent", flush=True)
client.shutdown()
