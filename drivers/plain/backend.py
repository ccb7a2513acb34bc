"""The back end's side of the checks, without an SDK: tokens made by hand, REST, and the hub's list of messages."""

import base64
import hashlib
import hmac
import json
import os
import ssl
import time
import urllib.parse
import urllib.request

STRING = dict(part.split("=", 1) for part in os.environ["IOTHUB_CONNECTION_STRING"].split(";"))
HOST = STRING["HostName"]
CA = os.environ["MOCK_IOT_HUB_CA"]
TLS = ssl.create_default_context(cafile=CA)
VERSION = "api-version=2021-04-12"


def token(resource, key, policy=None, seconds=3600):
    """A shared access signature: HMAC-SHA256 over the quoted resource and the expiry."""
    quoted = urllib.parse.quote(resource, safe="")
    expiry = str(int(time.time()) + seconds)
    digest = hmac.new(base64.b64decode(key), f"{quoted}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote(base64.b64encode(digest), safe="")
    name = "" if policy is None else f"&skn={policy}"
    return f"SharedAccessSignature sr={quoted}&sig={signature}&se={expiry}{name}"


def service(method, path, body=None, headers=None):
    """Calls the service REST API. Gives the JSON of the answer, or raises HTTPError."""
    separator = "&" if "?" in path else "?"
    request = urllib.request.Request(
        f"https://{HOST}{path}{separator}{VERSION}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "authorization": token(HOST, STRING["SharedAccessKey"], STRING["SharedAccessKeyName"]),
            "content-type": "application/json",
            **(headers or {}),
        },
    )
    with urllib.request.urlopen(request, context=TLS, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def create_device(device_id):
    """Registers a device and gives its primary key."""
    made = service("PUT", f"/devices/{device_id}", {"deviceId": device_id})
    return made["authentication"]["symmetricKey"]["primaryKey"]


def telemetry(device_id):
    """The messages that the hub has stored for a device."""
    url = f"{os.environ['MOCK_IOT_HUB_CONTROL_URL']}/telemetry?device={device_id}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def row(area, call, run):
    """Runs one check and prints its outcome."""
    told = {"area": area, "call": call, "outcome": "passed", "detail": ""}
    try:
        run()
    except Exception as error:  # whatever it is, the row tells it
        told.update(outcome="failed", detail=f"{type(error).__name__}: {error!s:.300}")
    print(json.dumps(told), flush=True)


def same(given, wanted):
    """Fails unless both are equal."""
    if given != wanted:
        raise AssertionError(f"expected {wanted!r}, given {given!r}")
