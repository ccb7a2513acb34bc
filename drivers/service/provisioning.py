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
import urllib.request

from azure.iot.device import X509, IoTHubDeviceClient, ProvisioningDeviceClient
from azure.iot.device.exceptions import ClientError
from provisioningserviceclient import (
    BulkEnrollmentOperation,
    ProvisioningServiceClient,
    ProvisioningServiceError,
    QuerySpecification,
)
from provisioningserviceclient.models import (
    AttestationMechanism,
    EnrollmentGroup,
    IndividualEnrollment,
    InitialTwin,
)

HOST = os.environ["PROVISIONING_HOST"]
SCOPE = os.environ["PROVISIONING_IDSCOPE"]
KEY = os.environ["PROVISIONING_SYMMETRIC_KEY"]
ID = os.environ["PROVISIONING_REGISTRATION_ID"]
service = ProvisioningServiceClient.create_from_connection_string(os.environ["PROVISIONING_CONNECTION_STRING"])


class Skipped(Exception):
    """The client cannot make this call."""


def row(area, call, run):
    outcome, detail = "passed", ""
    try:
        run()
    except Skipped as reason:
        outcome, detail = "skipped", str(reason)
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


FOLDER = tempfile.mkdtemp()
NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split()


def file(name):
    return os.path.join(FOLDER, name)


def text(name):
    with open(file(name)) as opened:
        return opened.read()


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def self_signed(name):
    files = ["-keyout", file(f"{name}.key"), "-out", file(f"{name}.pem")]
    openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}", *files)


def enroll_authority(name):
    """The control API stands for the portal, where authorities are uploaded and verified."""
    self_signed(name)
    request = urllib.request.Request(
        f"{os.environ['MOCK_IOT_HUB_CONTROL_URL']}/certificates/{name}",
        method="PUT",
        headers={"content-type": "application/json"},
        data=json.dumps({"certificate": text(f"{name}.pem"), "verified": True}).encode(),
    )
    urllib.request.urlopen(request).close()
    attestation = AttestationMechanism.create_with_x509_signing_certs(text(f"{name}.pem"))
    service.create_or_update(EnrollmentGroup.create(name, attestation))


def with_certificate(registration_id, websockets):
    client = ProvisioningDeviceClient.create_from_x509_certificate(
        HOST, registration_id, SCOPE, X509(file(f"{registration_id}.pem"), file(f"{registration_id}.key")),
        websockets=websockets,
    )
    return client.register()


def by_certificate(websockets):
    registration_id = f"python-x509-{websockets}".lower()
    self_signed(registration_id)
    attestation = AttestationMechanism.create_with_x509_client_certs(text(f"{registration_id}.pem"))
    service.create_or_update(IndividualEnrollment.create(registration_id, attestation))
    assert with_certificate(registration_id, websockets).status == "assigned"


def by_authority(websockets):
    name = f"python-ca-{websockets}".lower()
    openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", file(f"{name}.key"), "-out", file(f"{name}.csr"))
    by = ["-CA", file("python-root.pem"), "-CAkey", file("python-root.key"), "-CAcreateserial"]
    openssl("x509", "-req", "-in", file(f"{name}.csr"), *by, "-days", "2", "-out", file(f"{name}.pem"))
    with open(file(f"{name}.pem"), "a") as chain:
        chain.write(text("python-root.pem"))
    assert with_certificate(name, websockets).status == "assigned"


def stranger(websockets):
    name = f"python-stranger-{websockets}".lower()
    self_signed(name)
    try:
        with_certificate(name, websockets)
    except ClientError:
        return
    raise AssertionError("it registered")


def wrong_key(websockets):
    try:
        register("nobody", derived("somebody"), websockets)
    except ClientError:
        return
    raise AssertionError("it registered")


enroll_authority("python-root")
for websockets in (False, True):
    name = "MQTT over WebSocket" if websockets else "MQTT"
    row(name, "register with the key of an individual enrollment, and send telemetry", lambda: key_and_telemetry(websockets))
    row(name, "register with a key that derives from that of a group", lambda: of_group(websockets))
    row(name, "register with a certificate", lambda: by_certificate(websockets))
    row(name, "register with a certificate that the authority of a group has signed", lambda: by_authority(websockets))
    row(name, "register with a wrong key: ClientError", lambda: wrong_key(websockets))
    row(name, "register with a certificate that nobody has enrolled: ClientError", lambda: stranger(websockets))


def keys():
    return AttestationMechanism(type="symmetricKey")


def fails(status, run):
    try:
        run()
    except ProvisioningServiceError as error:
        assert str(status) in str(error), error
        return
    raise AssertionError("it succeeded")


def create():
    created = service.create_or_update(IndividualEnrollment.create("p1", keys(), initial_twin=InitialTwin.create({"t": 1})))
    assert created.attestation.symmetric_key.primary_key
    fails(409, lambda: service.create_or_update(IndividualEnrollment.create("p1", keys())))


def update():
    stored = service.get_individual_enrollment("p1")
    stored.provisioning_status = "disabled"
    etag = stored.etag
    assert service.create_or_update(stored).provisioning_status == "disabled"
    stored.etag = etag
    fails(412, lambda: service.create_or_update(stored))


def get():
    enrollment = service.get_individual_enrollment(ID)
    assert enrollment.registration_id == ID and enrollment.registration_state.status == "assigned"
    fails(404, lambda: service.get_individual_enrollment("nobody"))


def attestation():
    assert service.get_individual_enrollment_attestation_mechanism(ID).symmetric_key.primary_key == KEY


def bulk():
    result = service.run_bulk_operation(
        BulkEnrollmentOperation("create", [IndividualEnrollment.create(id, keys()) for id in ("p1", "p2")])
    )
    assert not result.is_successful and [error.registration_id for error in result.errors] == ["p1"], result


def rows_of(query):
    return [item for page in query for item in page]


def query():
    seen = [item.registration_id for item in rows_of(service.create_individual_enrollment_query(QuerySpecification("SELECT *"), 1))]
    assert len(seen) == len(set(seen)) and {ID, "p1", "p2"} <= set(seen), seen


def group():
    assert service.create_or_update(EnrollmentGroup.create("pg", keys())).attestation.symmetric_key.primary_key
    assert service.get_enrollment_group("pg").provisioning_status == "enabled"


def group_attestation():
    mechanism = service.get_enrollment_group_attestation_mechanism("python-root")
    assert "python-root" in mechanism.x509.signing_certificates.primary.info.subject_name


def group_query():
    seen = [item.enrollment_group_id for item in rows_of(service.create_enrollment_group_query(QuerySpecification("SELECT *")))]
    assert {"pg", "python-root", "fleet"} <= set(seen), seen


def state():
    state = service.get_registration_state(ID)
    assert (state.status, state.device_id) == ("assigned", ID), state


def states():
    try:
        seen = [item.registration_id for item in rows_of(service.create_registration_state_query("python-root", 1))]
    except TypeError as error:
        raise Skipped(f"the client passes its own method arguments that it does not have: {error}")
    assert sorted(seen) == ["python-ca-false", "python-ca-true"], seen


def delete_state():
    service.delete(service.get_registration_state("python-ca-true"))
    fails(404, lambda: service.get_registration_state("python-ca-true"))
    service.delete_registration_state_by_param("python-ca-false")


def delete():
    fails(412, lambda: service.delete_individual_enrollment_by_param("p1", '"x"'))
    service.delete(service.get_individual_enrollment("p1"))
    service.delete_individual_enrollment_by_param("p2")
    fails(404, lambda: service.delete_individual_enrollment_by_param("p2"))


def delete_group():
    service.delete(service.get_enrollment_group("pg"))
    service.delete_enrollment_group_by_param("python-root")


for call, run in (
    ("create_or_update; exists: 409", create),
    ("create_or_update (update); stale etag: 412", update),
    ("get_individual_enrollment; 404", get),
    ("get_individual_enrollment_attestation_mechanism", attestation),
    ("run_bulk_operation", bulk),
    ("create_individual_enrollment_query, page by page", query),
    ("create_or_update, get_enrollment_group", group),
    ("get_enrollment_group_attestation_mechanism", group_attestation),
    ("create_enrollment_group_query", group_query),
    ("get_registration_state", state),
    ("create_registration_state_query, page by page", states),
    ("delete, delete_registration_state_by_param", delete_state),
    ("delete, delete_individual_enrollment_by_param; stale etag: 412", delete),
    ("delete, delete_enrollment_group_by_param", delete_group),
):
    row("service", call, run)

# A client whose registration failed keeps its connection and its threads.
os._exit(0)
