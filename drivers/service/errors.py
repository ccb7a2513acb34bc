"""Each documented error that a back end can provoke, through the official Python service SDK (azure-iot-hub).

Its users see one class, HttpOperationError, with the status of the answer, and find name and text in its body.
"""

import base64
import json
import os

from azure.iot.hub import (
    DigitalTwinClient,
    IoTHubConfigurationManager,
    IoTHubJobManager,
    IoTHubRegistryManager,
)
from azure.iot.hub.models import (
    CloudToDeviceMethod,
    Configuration,
    ConfigurationContent,
    ConfigurationMetrics,
    ExportImportDevice,
    JobProperties,
    JobRequest,
    QuerySpecification,
    Twin,
)
from msrest.exceptions import HttpOperationError

CONNECTION_STRING = os.environ["IOTHUB_CONNECTION_STRING"]
KEY = base64.b64encode(bytes([7]) * 32).decode()
registry = IoTHubRegistryManager.from_connection_string(CONNECTION_STRING)
configurations = IoTHubConfigurationManager.from_connection_string(CONNECTION_STRING)
jobs = IoTHubJobManager.from_connection_string(CONNECTION_STRING)
digital = DigitalTwinClient.from_connection_string(CONNECTION_STRING)
fields = dict(part.split("=", 1) for part in CONNECTION_STRING.split(";"))
fields["SharedAccessKey"] = base64.b64encode(bytes(32)).decode()
stranger = IoTHubRegistryManager.from_connection_string(
    ";".join(f"{name}={value}" for name, value in fields.items())
)

#: The words of HTTP, which are all that the SDK's message says.
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: ("Payload Too Large", "Request Entity Too Large"),
}


def refused(area, name, status, what, run):
    """Makes a call that is refused. A name that is a number stands in JSON in Message."""
    told = {"area": f"{area}: {status} {name}", "call": what, "outcome": "failed", "detail": ""}
    try:
        told["detail"] = f"gave {run()!s:.200}"
    except HttpOperationError as error:
        body = json.loads(error.response.text)
        if isinstance(name, int):
            seen = (error.response.status_code, json.loads(body["Message"])["errorCode"])
        else:
            seen = (error.response.status_code, body["Message"].split(";")[0].split(":")[-1])
        reasons = REASONS[status] if isinstance(REASONS[status], tuple) else (REASONS[status],)
        messages = [f"Operation returned an invalid status code {reason!r}" for reason in reasons]
        header = error.response.headers["iothub-errorcode"]
        if seen == (status, name) and str(error) in messages and name in (header, header and name):
            told["outcome"] = "passed"
        else:
            told["detail"] = f"{error!s:.200}; header {header}; {body}"
    except Exception as error:  # the SDK promises HttpOperationError
        told["detail"] = f"{type(error).__name__}: {error!s:.300}"
    print(json.dumps(told), flush=True)


registry.create_device_with_sas("f1", KEY, KEY, "enabled")
registry.create_device_with_sas("f-edge", KEY, KEY, "enabled", iot_edge=True)
registry.create_module_with_sas("f1", "m", "me", KEY, KEY)
CONTENT = ConfigurationContent(device_content={"properties.desired.x": 1})


def configuration(name="f-conf", **more):
    return Configuration(id=name, **{"content": CONTENT, **more})


configurations.create_configuration(configuration())

for what, run in [
    ("get_device", lambda: registry.get_device("nobody")),
    ("delete_device", lambda: registry.delete_device("nobody")),
]:
    refused("registry", "DeviceNotFound", 404, what, run)
for what, run in [
    ("get_modules", lambda: registry.get_modules("nobody")),
    ("create_module_with_sas", lambda: registry.create_module_with_sas("nobody", "m", "me", KEY, KEY)),
]:
    refused("registry", "IotHubUnauthorizedAccess", 401, what, run)
refused("twin", "DeviceNotFound", 404, "get_twin", lambda: registry.get_twin("nobody"))
refused("twin", "DeviceNotFound", 404, "update_twin", lambda: registry.update_twin("nobody", Twin(tags={}), "*"))
refused("registry", "ModuleNotFound", 404, "get_module", lambda: registry.get_module("f1", "none"))
refused("twin", "DeviceNotFound", 404, "get_module_twin", lambda: registry.get_module_twin("f1", "none"))
refused(
    "registry",
    "DeviceAlreadyExists",
    409,
    "create_device_with_sas",
    lambda: registry.create_device_with_sas("f1", KEY, KEY, "enabled"),
)
refused(
    "registry",
    409301,
    409,
    "create_module_with_sas",
    lambda: registry.create_module_with_sas("f1", "m", "me", KEY, KEY),
)
refused(
    "registry",
    "GenericBadRequest",
    400,
    "create_device_with_sas",
    lambda: registry.create_device_with_sas("f2", KEY, KEY, "half"),
)
refused(
    "registry",
    "ArgumentInvalid",
    400,
    "create_device_with_sas",
    lambda: registry.create_device_with_sas("no blanks", KEY, KEY, "enabled"),
)
refused(
    "registry",
    "PreconditionFailed",
    412,
    "update_device_with_sas",
    lambda: registry.update_device_with_sas("f1", "c3RhbGU=", KEY, KEY, "enabled"),
)
refused(
    "registry",
    "SystemModuleModifyUnauthorizedAccess",
    401,
    "delete_module",
    lambda: registry.delete_module("f-edge", "$edgeAgent"),
)
refused(
    "registry",
    "TooManyDevices",
    413,
    "bulk_create_or_update_devices",
    lambda: registry.bulk_create_or_update_devices(
        [ExportImportDevice(id=f"f-{index}", import_mode="create") for index in range(101)]
    ),
)
refused("registry", "IotHubUnauthorizedAccess", 401, "get_device", lambda: stranger.get_device("f1"))
refused("twin", "IotHubUnauthorizedAccess", 401, "get_twin", lambda: stranger.get_twin("f1"))
refused(
    "twin",
    "PreconditionFailed",
    412,
    "update_twin",
    lambda: registry.update_twin("f1", Twin(tags={"a": 1}), "AAAAAAAAAAk="),
)
refused("twin", "ArgumentInvalid", 400, "update_twin", lambda: registry.update_twin("f1", Twin(tags={"a.b": 1}), "*"))
refused(
    "twin",
    "DeviceModelMaxPropertiesExceeded",
    403,
    "update_twin",
    lambda: registry.update_twin("f1", Twin(tags={f"t{index}": "x" * 4_000 for index in range(4)}), "*"),
)
refused(
    "query",
    "ArgumentInvalid",
    400,
    "query_iot_hub",
    lambda: registry.query_iot_hub(QuerySpecification(query="SELEKT *")),
)
refused("query", "ArgumentNull", 400, "query_iot_hub", lambda: registry.query_iot_hub(QuerySpecification()))
refused(
    "configuration",
    "ConfigurationNotFound",
    404,
    "get_configuration",
    lambda: configurations.get_configuration("none"),
)
refused(
    "configuration",
    "ConfigurationAlreadyExists",
    409,
    "create_configuration",
    lambda: configurations.create_configuration(configuration()),
)
refused(
    "configuration",
    "InvalidConfigurationContent",
    400,
    "create_configuration",
    lambda: configurations.create_configuration(configuration("f-bad", content=ConfigurationContent())),
)
refused(
    "configuration",
    "InvalidConfigurationTargetCondition",
    400,
    "create_configuration",
    lambda: configurations.create_configuration(configuration("f-bad", target_condition="tags.x = = 1")),
)
refused(
    "configuration",
    "InvalidConfigurationCustomMetricsQuery",
    400,
    "create_configuration",
    lambda: configurations.create_configuration(
        configuration("f-bad", metrics=ConfigurationMetrics(queries={"m": "SELECT"}))
    ),
)
refused(
    "configuration",
    "InvalidConfigurationContent",
    400,
    "apply_configuration_on_edge_device",
    lambda: configurations.apply_configuration_on_edge_device("f1", CONTENT),
)
refused("job", "JobNotFound", 404, "cancel_scheduled_job", lambda: jobs.cancel_scheduled_job("none"))
refused(
    "job",
    "GenericBadRequest",
    400,
    "create_scheduled_job",
    lambda: jobs.create_scheduled_job("f-job", JobRequest(type="backup", query_condition="*")),
)
refused(
    "job",
    "ArgumentNull",
    400,
    "create_scheduled_job",
    lambda: jobs.create_scheduled_job("f-job", JobRequest(type="scheduleUpdateTwin", query_condition="*")),
)
refused("import and export", "JobNotFound", 404, "get_import_export_job", lambda: jobs.get_import_export_job("none"))
refused(
    "import and export",
    "BlobContainerValidationError",
    400,
    "create_import_export_job",
    lambda: jobs.create_import_export_job(JobProperties(type="export", output_blob_container_uri="no uri")),
)
METHOD = CloudToDeviceMethod(
    method_name="measure", payload={}, response_timeout_in_seconds=5, connect_timeout_in_seconds=0
)
refused("method", 404103, 404, "invoke_device_method", lambda: registry.invoke_device_method("f1", METHOD))
refused("method", 404001, 404, "invoke_device_method", lambda: registry.invoke_device_method("nobody", METHOD))
refused(
    "method",
    404010,
    404,
    "invoke_device_module_method",
    lambda: registry.invoke_device_module_method("f1", "none", METHOD),
)
refused("command", 404103, 404, "invoke_command", lambda: digital.invoke_command("f1", "measure", {}))
refused("digital twin", "DeviceNotFound", 404, "get_digital_twin", lambda: digital.get_digital_twin("nobody"))

# What comes after finds the hub as it was.
configurations.delete_configuration("f-conf")
for device_id in ("f1", "f-edge"):
    registry.delete_device(device_id)
