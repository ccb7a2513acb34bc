"""A driver: gives your client to the conformance suite. Every function that is not written yet answers `unsupported`.

    npx iot-hub-conformance driver check -- python3 driver.py

One JSON object per line on stdin and stdout; stderr is free text. docs/driver-authors.md describes verbs, capabilities
and events. A driver is thin: it does not retry, cache or reorder.
"""

import base64
import json
import sys
import threading

HELLO = {
    "protocol": 1,
    "implementation": {"name": "my-client", "version": "0.1.0", "language": "python"},
    # Claim what your client has: the suite judges only that.
    "capabilities": ["identity.device", "auth.symmetric-key", "transport.mqtt", "tls.custom-ca", "connection", "telemetry"],
    "clock": "real",
}
sessions = {}
printing = threading.Lock()


class Unsupported(Exception):
    """The client cannot do this, or the driver cannot express it."""


class Failure(Exception):
    """The client reports an error. kind: argument, argumentType, credential, connectionFailed, timeout, … other."""

    def __init__(self, kind, native):
        self.kind, self.native = kind, native


class Session:
    def __init__(self, name, connection_string, ca, endpoint):
        self.name, self.seq = name, 0
        # Your client here: dial endpoint["host"]:endpoint["mqttPort"], check the certificate against the host name of the
        # connection string, trust `ca` (PEM).
        self.connection_string, self.ca, self.endpoint = connection_string, ca, endpoint

    def tell(self, event, **data):
        self.seq += 1
        say({"event": event, "session": self.name, "seq": self.seq, "data": data})


def say(line):
    with printing:
        print(json.dumps(line), flush=True)


def create(request):
    if request["kind"] != "device" or request["factory"] != "connectionString":
        raise Unsupported(f"{request['kind']} clients from {request['factory']}")
    foreign = set(request["options"]) - {"serverVerificationCert"}
    if foreign:
        raise Unsupported(f"the options {', '.join(foreign)}")
    given = request["arguments"].get("connectionString")
    if not isinstance(given, str):
        raise Failure("argumentType", TypeError("the connection string is not text"))
    parts = dict(part.split("=", 1) for part in given.split(";") if "=" in part)
    if not {"HostName", "DeviceId", "SharedAccessKey"} <= set(parts):
        raise Failure("argument", ValueError("the connection string lacks something"))
    ca = request["options"].get("serverVerificationCert")
    sessions[request["session"]] = Session(request["session"], given, ca, request.get("endpoint"))


def connect(session, request):
    raise Unsupported("connect is not written yet")


def disconnect(session, request):
    raise Unsupported("disconnect is not written yet")


def send_telemetry(session, request):
    body = base64.b64decode(request["message"]["body"])
    raise Unsupported(f"sendTelemetry is not written yet ({len(body)} bytes)")


def state(session, request):
    # { "connected": True, "handlers": ["message"] }
    raise Unsupported("state is not written yet")


def handle(session, request):
    # request["happening"] is message, method, desired, connectionState …; report each with session.tell("message", …).
    raise Unsupported("handle is not written yet")


def destroy(session, request):
    del sessions[session.name]


CALLS = {
    "connect": connect,
    "disconnect": disconnect,
    "shutdown": disconnect,
    "sendTelemetry": send_telemetry,
    "state": state,
    "handle": handle,
    "destroy": destroy,
}


def perform(request):
    verb = request["do"]
    if verb == "hello":
        return HELLO
    if verb == "create":
        return create(request)
    call = CALLS.get(verb)
    if call is None:
        raise Unsupported(verb)
    return call(sessions[request["session"]], request)


def answer(request):
    try:
        say({"id": request["id"], "ok": perform(request)})
    except Unsupported as missing:
        say({"id": request["id"], "unsupported": {"reason": str(missing)}})
    except Failure as failure:
        native = {"type": type(failure.native).__name__, "message": str(failure.native)}
        say({"id": request["id"], "error": {"kind": failure.kind, "native": native}})
    except Exception as error:
        native = {"type": type(error).__name__, "message": str(error)}
        say({"id": request["id"], "error": {"kind": "other", "native": native}})


for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "stop":
        say({"id": request["id"], "ok": None})
        break
    # A call may take long: it has a thread of its own. The next one comes later, so that both reach the client in order.
    thread = threading.Thread(target=answer, args=(request,), daemon=True)
    thread.start()
    thread.join(0.01)
