"""Calls of official Python SDKs over AMQP to the hub of IOTHUB_CONNECTION_STRING.

The Event Hubs reader (azure-eventhub, over AMQP and over WebSocket) reads what a device has sent, and the service SDK
(azure-iot-hub) sends messages that a device receives. Prints one JSON object per line with the outcome of each call.
"""

import datetime
import json
import os
import threading

import certifi

# The C library of azure-iot-hub takes its root certificates only from this package.
certifi.where = lambda: os.environ["MOCK_IOT_HUB_CA"]

from azure.eventhub import EventHubConsumerClient, TransportType  # noqa: E402
from azure.iot.device import IoTHubDeviceClient, Message  # noqa: E402
from azure.iot.hub import IoTHubRegistryManager  # noqa: E402

CONNECTION_STRING = os.environ["IOTHUB_CONNECTION_STRING"]
EVENT_HUB = os.environ["EVENTHUB_CONNECTION_STRING"]
TIMEOUT_SECONDS = 20

host = dict(part.split("=", 1) for part in CONNECTION_STRING.split(";"))["HostName"]
registry = IoTHubRegistryManager.from_connection_string(CONNECTION_STRING)


def row(area, call, run):
    told = {"area": area, "call": call, "outcome": "passed", "detail": ""}
    result = None
    try:
        result = run()
    except Exception as error:
        told.update(outcome="failed", detail=f"{type(error).__name__}: {error!s:.300}")
    print(json.dumps(told), flush=True)
    return result


registry.create_device_with_sas("amqp-py", "", "", "enabled")
key = registry.get_device("amqp-py").authentication.symmetric_key.primary_key
device = IoTHubDeviceClient.create_from_connection_string(f"HostName={host};DeviceId=amqp-py;SharedAccessKey={key}")
device.connect()


def send(text):
    message = Message(json.dumps({"say": text}), message_id=text, content_encoding="utf-8", content_type="application/json")
    message.custom_properties["colour"] = "blåbær & cream"
    device.send_message(message)


def reader(transport, group="$Default"):
    return EventHubConsumerClient.from_connection_string(
        EVENT_HUB, consumer_group=group, transport_type=transport, connection_verify=os.environ["MOCK_IOT_HUB_CA"]
    )


def read(transport, position, text, group="$Default", inclusive=False, then=None, batches=False):
    """Reads from `position` until an event has the message id `text`.

    `then` runs when the reader is attached to every partition. `batches`: the SDK takes one event from each partition in
    a round, and a round waits for partitions without events; many events need batches.
    """
    client = reader(transport, group)
    ids = client.get_partition_ids()
    seen, failed, quiet, done = [], [], set(), threading.Event()

    def on_events(partition, events):
        if not events:
            quiet.add(partition.partition_id)
            if then is not None and len(quiet) == len(ids) and not seen:
                then()
            return
        seen.extend(events)
        if any(event.message_id == text for event in events):
            done.set()

    def on_error(_partition, error):
        failed.append(error)
        done.set()

    def receive():
        common = dict(
            on_error=on_error,
            starting_position=position,
            starting_position_inclusive=inclusive,
            max_wait_time=1,
        )
        if batches:
            client.receive_batch(on_event_batch=on_events, **common)
        else:
            client.receive(on_event=lambda partition, event: on_events(partition, event and [event]), **common)

    threading.Thread(target=receive, daemon=True).start()
    came = done.wait(TIMEOUT_SECONDS)
    client.close()
    if failed:
        raise failed[0]
    assert came, f"no event with {text} in {TIMEOUT_SECONDS} s; {len(seen)} others arrived"
    return seen


for road, transport in (("AMQP", TransportType.Amqp), ("AMQP over WebSocket", TransportType.AmqpOverWebsocket)):

    def E(call, run):
        return row(f"azure-eventhub, {road}", call, run)

    now = datetime.datetime.now(datetime.timezone.utc)
    text = f"one over {road}"
    send(text)

    def properties():
        client = reader(transport)
        ids = client.get_eventhub_properties()["partition_ids"]
        last = [client.get_partition_properties(id)["last_enqueued_sequence_number"] for id in ids]
        client.close()
        assert max(last) >= 0, last

    def earliest():
        event = next(event for event in read(transport, "-1", text, batches=True) if event.message_id == text)
        assert event.body_as_json(encoding="UTF-8") == {"say": text}, event.body_as_str(encoding="UTF-8")
        assert event.properties[b"colour"] == "blåbær & cream".encode(), event.properties
        assert event.content_type == "application/json", event.content_type
        assert event.system_properties[b"iothub-connection-device-id"] == b"amqp-py", event.system_properties
        return event

    E("get_eventhub_properties, get_partition_properties", properties)
    first = E("read from earliest: body, properties, annotations", earliest)
    E("read from earliest in another consumer group", lambda: read(transport, "-1", text, group="audit", batches=True))
    E("read from an offset", lambda: read(transport, first.offset, text, inclusive=True))
    E("read from a sequence number", lambda: read(transport, first.sequence_number, text, inclusive=True))
    E("read from a time", lambda: read(transport, now - datetime.timedelta(minutes=1), text, batches=True))
    late = f"late over {road}"

    def latest():
        seen = read(transport, "@latest", late, then=lambda: send(late))
        assert len({event.sequence_number for event in seen}) == len(seen), seen
        assert all(event.message_id == late for event in seen), [event.message_id for event in seen]

    E("read from latest: what was there before does not come", latest)

# ---------------------------------------------------------------- cloud to device

received = []
arrived = threading.Event()


def on_message(message):
    received.append(message)
    arrived.set()


device.on_message_received = on_message


def send_c2d():
    registry.send_c2d_message("amqp-py", "hello", properties={"messageId": "c2d-1", "colour": "green"})
    assert arrived.wait(TIMEOUT_SECONDS), "the device has received nothing"
    assert received[0].data == b"hello", received[0].data
    assert received[0].custom_properties["colour"] == "green", received[0].custom_properties
    assert received[0].message_id == "c2d-1", received[0].message_id


row("azure-iot-hub, AMQP", "send_c2d_message, which the device receives", send_c2d)
device.shutdown()
registry.delete_device("amqp-py")
os._exit(0)
