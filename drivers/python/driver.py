"""The official Python device SDK (azure-iot-device 2.x, sync clients) behind the driver protocol of the suite.

One JSON object per line on stdin and stdout. It is thin: one call of the suite is one call of the SDK, without retries,
caches or reordering; it reports the exceptions of the SDK unchanged. It redirects ports 8883 and 443, because the SDK has
no option for the port (see redirect.py).
"""

import inspect
import json
import math
import os
import sys
import threading
import warnings

import virtual_time

virtual_time.install()

import azure.iot.device as sdk
from azure.iot.device import IoTHubDeviceClient, IoTHubModuleClient, ProvisioningDeviceClient
from azure.iot.device.constant import VERSION

import redirect
from values import camel, error_of, message_from, message_of, snake

HELLO = {
    "protocol": 1,
    "implementation": {
        "name": "azure-iot-device",
        "version": VERSION,
        "language": "python",
        "homepage": "https://pypi.org/project/azure-iot-device/",
        "issues": "https://github.com/Azure/azure-iot-sdk-python/issues",
    },
    "capabilities": """identity.device identity.module identity.edge-module auth.sas.renewable auth.sas.supplied
        auth.symmetric-key auth.x509 transport.mqtt transport.mqtt-ws proxy.http proxy.socks gateway tls.custom-ca
        tls.ciphers telemetry messages.conversion values.unwritable telemetry.output c2d c2d.receive methods
        methods.receive methods.respond methods.invoke twin.get twin.reported twin.desired twin.desired.receive
        input input.receive file-upload connection connection.retry connection.auto-connect connection.keep-alive
        connection.state-events lifecycle model-id deprecation-notices provisioning
        provisioning.tls""".split(),
    "clock": "virtual",
}
CLASSES = {"device": IoTHubDeviceClient, "module": IoTHubModuleClient}
FACTORIES = {
    "connectionString": "create_from_connection_string",
    "sasToken": "create_from_sastoken",
    "symmetricKey": "create_from_symmetric_key",
    "x509": "create_from_x509_certificate",
    "edgeEnvironment": "create_from_edge_environment",
}
HANDLERS = {
    "message": "on_message_received",
    "method": "on_method_request_received",
    "desired": "on_twin_desired_properties_patch_received",
    "connectionState": "on_connection_state_change",
    "newSasToken": "on_new_sastoken_required",
    "backgroundException": "on_background_exception",
}
UNWRITABLE = object()
printing = threading.Lock()


def say(line):
    with printing:
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()


class Session:
    """One client, with the application that listens to it."""

    def __init__(self, name, client):
        self.name = name
        self.client = client
        self.newest = None
        self.requests = {}
        self.seq = 0
        self.released = threading.Event()
        self.lock = threading.Lock()

    def tell(self, event, data):
        with self.lock:
            self.seq += 1
            say({"event": event, "session": self.name, "seq": self.seq, "data": data})

    def remember(self, request):
        if request is None:
            return None
        self.newest = self.requests[request.request_id] = request
        return {"requestId": request.request_id, "name": request.name, "payload": request.payload}

    def told(self, happening, given):
        if happening == "message":
            return message_of(given[0])
        if happening == "method":
            return self.remember(given[0])
        if happening == "desired":
            return {"patch": given[0]}
        if happening == "backgroundException":
            described = error_of(given[0])
            return {**described, "isError": isinstance(given[0], BaseException)}
        return {}

    def handle(self, happening, kind, behaviour):
        def work(*given):
            told = {"argumentCount": len(given), "connected": self.client.connected}
            self.tell(happening, {**told, **self.told(happening, given)})
            answer = behaviour.get("answer")
            if answer and happening == "method":
                self.client.send_method_response(
                    sdk.MethodResponse.create_from_method_request(
                        given[0], answer["status"], answer.get("payload")
                    )
                )
            if "token" in behaviour:
                self.client.update_sastoken(behaviour["token"])
            if behaviour.get("hold"):
                self.released.wait()
            if behaviour.get("fail"):
                raise RuntimeError("The application has failed")

        async def coroutine(*given):
            work(*given)

        handler = {"none": None, "function": work, "coroutine": coroutine}[kind]
        setattr(self.client, HANDLERS[happening], handler)


sessions = {}
provisioning = {}


def given_to_factory(arguments, options):
    given = {snake(name): value for name, value in {**arguments, **options}.items()}
    if "x509" in given:
        x509 = given["x509"]
        given["x509"] = sdk.X509(x509["certFile"], x509["keyFile"], x509.get("passPhrase"))
    if "proxy_options" in given:
        proxy = given["proxy_options"]
        given["proxy_options"] = sdk.ProxyOptions(
            proxy.get("type"), proxy.get("address"), proxy.get("port"), proxy.get("username"), proxy.get("password")
        )
    return given


def provision_create(session, factory, arguments, options, endpoint=None, **_):
    if endpoint:
        redirect.lead_to(endpoint["host"], {8883: endpoint["mqttPort"], 443: endpoint["httpsPort"]})
    of = getattr(ProvisioningDeviceClient, FACTORIES[factory])
    provisioning[session] = of(**given_to_factory(arguments, options))


def provision_register(session, payload=None, **_):
    client = provisioning[session]
    if payload is not None:
        client.provisioning_payload = payload
    result = client.register()
    state = result.registration_state
    names = "device_id assigned_hub sub_status created_date_time last_update_date_time etag response_payload".split()
    return {
        "operationId": result.operation_id,
        "status": result.status,
        "registrationState": None if state is None else {camel(name): getattr(state, name) for name in names},
    }


def create(session, kind, factory, arguments, options, endpoint=None, environment=None, **_):
    if endpoint:
        redirect.lead_to(endpoint["host"], {8883: endpoint["mqttPort"], 443: endpoint["httpsPort"]})
    if factory == "constructor":
        CLASSES[kind]()
    given = given_to_factory(arguments, options)
    before = dict(os.environ)
    try:
        if environment is not None:
            os.environ.update(environment)
        client = getattr(CLASSES[kind], FACTORIES[factory])(**given)
    finally:
        os.environ.clear()
        os.environ.update(before)
    sessions[session] = Session(session, client)


def destroy(session, **_):
    registering = provisioning.pop(session, None)
    if registering is not None:
        registering._pipeline.shutdown(callback=lambda **_: None)  # the SDK offers no end of a client
    ended = sessions.pop(session, None)
    if ended is not None:
        ended.released.set()
        ended.client.shutdown()


def describe(kind, **_):
    of = CLASSES[kind]
    names = [name for name in dir(of) if not name.startswith("_")]
    factories = [name for name in names if name.startswith("create_from")]
    attributes = [name for name in names if isinstance(inspect.getattr_static(of, name), property)]
    calls = [name for name in names if name not in factories and name not in attributes]
    lists = {"factories": factories, "calls": calls, "attributes": attributes}
    return {of_what: [camel(name) for name in names] for of_what, names in lists.items()}


def respond(s, requestId=None, status=None, payload=None, unwritable=False, fromRequest=False, **_):
    payload = UNWRITABLE if unwritable else payload
    request = s.newest if requestId is None else s.requests.get(requestId)
    if fromRequest and request is not None:
        response = sdk.MethodResponse.create_from_method_request(request, status, payload)
    else:
        response = sdk.MethodResponse(requestId or (request.request_id if request else "1"), status, payload)
    s.client.send_method_response(response)


def waiting(of):
    """Arguments that the suite omits keep the defaults of the SDK."""
    return {name: of[name] for name in ("block", "timeout") if name in of}


def state(s):
    handlers = [name for name, attribute in HANDLERS.items() if getattr(s.client, attribute) is not None]
    return {"connected": s.client.connected, "handlers": handlers}


def patch(s, of):
    s.client.patch_twin_reported_properties({"value": UNWRITABLE} if of.get("unwritable") else of["patch"])


VERBS = {
    "connect": lambda s, of: s.client.connect(),
    "disconnect": lambda s, of: s.client.disconnect(),
    "shutdown": lambda s, of: s.client.shutdown(),
    "updateSasToken": lambda s, of: s.client.update_sastoken(of["token"]),
    "sendTelemetry": lambda s, of: s.client.send_message(message_from(of["message"])),
    "sendOutput": lambda s, of: s.client.send_message_to_output(message_from(of["message"]), of["output"]),
    "respondMethod": lambda s, of: respond(s, **of),
    "getTwin": lambda s, of: s.client.get_twin(),
    "patchReported": patch,
    "handle": lambda s, of: s.handle(of["happening"], of["kind"], of.get("behaviour", {})),
    "release": lambda s, of: s.released.set(),
    "sync": lambda s, of: None,  # setters return when the subscription is made
    "receiveMessage": lambda s, of: message_of(s.client.receive_message(**waiting(of))),
    "receiveInput": lambda s, of: message_of(s.client.receive_message_on_input(of["input"], **waiting(of))),
    "receiveMethod": lambda s, of: s.remember(s.client.receive_method_request(of.get("name"), **waiting(of))),
    "receiveDesired": lambda s, of: s.client.receive_twin_desired_properties_patch(**waiting(of)),
    "uploadInfo": lambda s, of: s.client.get_storage_info_for_blob(of["blobName"]),
    "notifyUpload": lambda s, of: s.client.notify_blob_upload_status(
        of["correlationId"], of["isSuccess"], of["statusCode"], of["statusDescription"]
    ),
    "invokeMethod": lambda s, of: s.client.invoke_method(of["params"], of["deviceId"], of.get("moduleId")),
    "state": lambda s, of: state(s),
    "assign": lambda s, of: setattr(s.client, snake(of["attribute"]), of["value"]),
}
def advance(now, **_):
    due = virtual_time.advance(now / 1000)
    return {"next": None if due is None else math.ceil(due * 1000)}


WITHOUT_SESSION = {
    "hello": lambda **_: HELLO,
    "advance": advance,
    "create": create,
    "destroy": destroy,
    "describe": describe,
    "provisionCreate": provision_create,
    "provisionRegister": provision_register,
}


def perform(request):
    verb, session = request["do"], sessions.get(request.get("session"))
    done, stop_beating = None, beat(request.get("session", ""))
    try:
        if verb in WITHOUT_SESSION:
            done = {"ok": WITHOUT_SESSION[verb](**request)}
        elif verb in VERBS:
            done = {"ok": VERBS[verb](session, request)}
        else:
            done = {"unsupported": {"reason": f"this driver knows no {verb}"}}
    except BaseException as error:  # what the SDK raises is the answer, whatever it is
        done = {"error": error_of(error)}
    stop_beating()
    say({"id": request["id"], **done})


def beat(session):
    """Sends heartbeats during a call."""
    over = threading.Event()

    def run():
        seq = 0
        while not over.wait(2):
            seq += 1
            say({"event": "heartbeat", "session": session, "seq": seq, "data": {}})

    threading.Thread(target=run, daemon=True).start()
    return over.set


def warned(message, category, *_):
    if issubclass(category, DeprecationWarning):
        for session in list(sessions.values()):
            session.tell("deprecation", {"notice": str(message)})


def main():
    warnings.simplefilter("always", DeprecationWarning)
    warnings.showwarning = warned
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "stop":
            say({"id": request["id"], "ok": None})
            break
        thread = threading.Thread(target=perform, args=(request,), daemon=True)
        thread.start()
        thread.join(0.01)  # calls reach the SDK in the order in which they were asked for
    os._exit(0)  # whatever the SDK's threads still wait for


main()
