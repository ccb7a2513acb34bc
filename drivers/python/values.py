"""Converts values between the Python device SDK and the driver protocol."""

import base64
import json
import re

import azure.iot.device as sdk
from azure.iot.device import exceptions

# The documented exceptions, subclasses first; ClientError is the base of the others.
KINDS = [
    (exceptions.CredentialError, "credential"),
    (exceptions.ConnectionFailedError, "connectionFailed"),
    (exceptions.ConnectionDroppedError, "connectionDropped"),
    (exceptions.NoConnectionError, "noConnection"),
    (exceptions.OperationTimeout, "timeout"),
    (exceptions.OperationCancelled, "cancelled"),
    (exceptions.ClientError, "clientInternal"),
    (TypeError, "argumentType"),
    (ValueError, "argument"),
    (OSError, "os"),
]


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", lambda found: "_" + found[1].lower(), name)


def camel(name):
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def error_of(error):
    kind = next((kind for of, kind in KINDS if isinstance(error, of)), "other")
    cause = error.__cause__
    native = {"type": type(error).__name__, "message": str(error) + (f" ({cause!r})" if cause else "")}
    if kind == "clientInternal" and isinstance(cause, exceptions.ServiceError):
        status = re.search(r"\b(\d{3})\b", str(cause))  # it has no attribute for it
        return {"kind": "service", "native": native, **({"status": int(status[1])} if status else {})}
    return {"kind": kind, "native": native}


def message_from(given):
    body = base64.b64decode(given["body"])
    handed_as = given.get("as", "message")
    if handed_as == "text":
        return body.decode()
    if handed_as == "bytes":
        return body
    if handed_as == "number":
        return json.loads(body)
    if handed_as == "mapping":
        return {}
    message = sdk.Message(
        body, given.get("messageId"), given.get("contentEncoding"), given.get("contentType")
    )
    message.correlation_id = given.get("correlationId")
    message.user_id = given.get("userId")
    for name, value in given.get("properties", []):
        message.custom_properties[name] = value
    return message


def message_of(message):
    if message is None:
        return None
    data = message.data
    names = "message_id correlation_id user_id content_type content_encoding input_name".split()
    known = {camel(name): getattr(message, name) for name in names}
    return {
        "text": data.decode(errors="replace") if isinstance(data, bytes) else str(data),
        "isBytes": isinstance(data, bytes),
        **{name: value for name, value in known.items() if value is not None},
        "properties": {k: None if v is None else str(v) for k, v in message.custom_properties.items()},
    }
