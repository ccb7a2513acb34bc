"""The official Python provisioning clients against the service named by PROVISIONING_HOST, PROVISIONING_IDSCOPE and
PROVISIONING_CONNECTION_STRING: azure-iot-device over MQTT and WebSocket, and azure-iothub-provisioningserviceclient.
Prints one JSON object per line with the outcome of each call.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import tempfile

from azure.iot.device import X509, IoTHubDeviceClient, ProvisioningDeviceClient
from azure.iot.device.exceptions import ClientError
from provisioningserviceclient import ProvisioningServiceClient, QuerySpecification
from provisioningserviceclient.models import AttestationMechanism, IndividualEnrollment

HOST = os.environ["PROVISIONING_HOST"]
SCOPE = os.environ["PROVISIONING_IDSCOPE"]
KEY = os.environ["PROVISIONING_SYMMETRIC_KEY"]
ID = os.environ["PROVISIONING_REGISTRATION_ID"]
service = ProvisioningServiceClient.create_from_connection_string(os.environ["PROVISIONING_CONNECTION_STRING"])


def row(area, call, run):
    outcome, detail = "passed", ""
    try:
        run()
    except Exception as error:  # every failure is a row
        outcome, detail = "failed", f"{type(error).__name__}: {error} {error.__cause__ or ''}".strip()
    print(json.dumps({"area": area, "call": call, "outcome": outcome, "detail": detail}), flush=True)


def derived(registration_id):
    group = base64.b64decode(os.environ["PROVISIONING_MASTER_SYMMETRIC_KEY"])
    return base64.b64encode(hmac.new(group, registration_id.encode(), hashlib.sha256).digest()).decode()


def register(registration_id, key, websockets):
    client = ProvisioningDeviceClient.create_from_symmetric_key(
        HOST, registration_id, SCOPE, key, websockets=websockets
    )
    client.provisioning_payload = {"a": [1]}
    return client.register()


def key_and_telemetry(websockets):
    state = register(ID, KEY, websockets).registration_state
    client = IoTHubDeviceClient.create_from_symmetric_key(
        KEY, state.assigned_hub, state.device_id, websockets=websockets
    )
    client.connect()
    client.send_message("hello")
    client.shutdown()


def of_group(websockets):
    registration_id = f"python-{websockets}".lower()
    result = register(registration_id, derived(registration_id), websockets)
    assert result.status == "assigned", result.status
    assert result.registration_state.device_id == registration_id


def by_certificate(websockets):
    registration_id = f"python-x509-{websockets}".lower()
    folder = tempfile.mkdtemp()
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split()
    subprocess.run(
        command + ["-subj", f"/CN={registration_id}", "-keyout", key, "-out", cert],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    with open(cert) as file:
        attestation = AttestationMechanism.create_with_x509_client_certs(file.read())
    service.create_or_update(IndividualEnrollment.create(registration_id, attestation))
    client = ProvisioningDeviceClient.create_from_x509_certificate(
        HOST, registration_id, SCOPE, X509(cert, key), websockets=websockets
    )
    assert client.register().status == "assigned"


def wrong_key(websockets):
    try:
        register("nobody", derived("somebody"), websockets)
    except ClientError:
        return
    raise AssertionError("it registered")


for websockets in (False, True):
    name = "MQTT over WebSocket" if websockets else "MQTT"
    row(name, "register with the key of an individual enrollment, and send telemetry", lambda: key_and_telemetry(websockets))
    row(name, "register with a key that derives from that of a group", lambda: of_group(websockets))
    row(name, "register with a certificate", lambda: by_certificate(websockets))
    row(name, "register with a wrong key: ClientError", lambda: wrong_key(websockets))


def get():
    assert service.get_individual_enrollment(ID).registration_id == ID


def attestation():
    assert service.get_individual_enrollment_attestation_mechanism(ID).symmetric_key.primary_key == KEY


def state():
    assert service.get_registration_state(ID).status == "assigned"


def query():
    pages = service.create_individual_enrollment_query(QuerySpecification("SELECT *"), 1)
    seen = [item.registration_id for item in pages.next()]
    assert len(seen) == 1, seen


row("service", "get_individual_enrollment", get)
row("service", "get_individual_enrollment_attestation_mechanism", attestation)
row("service", "get_registration_state", state)
row("service", "create_individual_enrollment_query", query)

# A client whose registration failed keeps its connection and its threads.
os._exit(0)
