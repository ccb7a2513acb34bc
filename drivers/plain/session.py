"""A device on azure-iot-device 3, which has another API than 2. Prints one JSON object for each check."""

import asyncio
import json
import os
import ssl

from azure.iot.device import DirectMethodResponse, IoTHubSession, Message, MQTTConnectionFailedError
from backend import CA, HOST, create_device, same, service, telemetry

WAIT = 20
ATTEMPTS = 4


async def row(area, call, run):
    """
    Runs one check and prints its outcome. The SDK lets its threads write to one TLS connection at a time, which breaks it now
    and then: such a check runs again, on another device.
    """
    told = {"area": area, "call": call, "outcome": "passed", "detail": ""}
    for attempt in range(ATTEMPTS):
        try:
            await asyncio.wait_for(run(f"next-{area}-{run.__name__}-{attempt}".lower()), WAIT)
            break
        except (OSError, asyncio.TimeoutError) as error:
            if attempt == ATTEMPTS - 1:
                told.update(outcome="failed", detail=f"{type(error).__name__}: {error!s:.300}")
        except Exception as error:  # whatever it is, the row tells it
            told.update(outcome="failed", detail=f"{type(error).__name__}: {error!s:.300}")
            break
    print(json.dumps(told), flush=True)


def back_end(*given):
    """A call of the back end beside the device's."""
    return asyncio.get_running_loop().run_in_executor(None, service, *given)


async def check(area, websockets):
    def session(device_id, secret=None):
        secret = secret or create_device(device_id)
        string = f"HostName={HOST};DeviceId={device_id};SharedAccessKey={secret}"
        tls = ssl.create_default_context(cafile=CA)
        return IoTHubSession.from_connection_string(string, ssl_context=tls, websockets=websockets)

    async def connects(device_id):
        async with session(device_id) as device:
            same(device.connected, True)
            seen = await back_end("GET", f"/devices/{device_id}")
            same(seen["connectionState"], "Connected")

    async def sends(device_id):
        message = Message("warm")
        message.message_id = "m-1"
        message.custom_properties["color"] = "dark red"
        async with session(device_id) as device:
            await device.send_message(message)
        (stored,) = telemetry(device_id)
        same((stored["body"], stored["properties"]), ("warm", {"color": "dark red"}))
        same(stored["system"]["messageId"], "m-1")

    async def receives(device_id):
        async with session(device_id) as device, device.messages() as messages:
            await back_end("POST", f"/devices/{device_id}/messages/devicebound", {"go": True})
            async for message in messages:
                same(json.loads(message.payload), {"go": True})
                return

    async def twin(device_id):
        async with session(device_id) as device:
            same(await device.get_twin(), {"desired": {"$version": 1}, "reported": {"$version": 1}})
            await device.update_reported_properties({"t": 21.5})
            same((await device.get_twin())["reported"], {"t": 21.5, "$version": 2})

    async def is_told(device_id):
        async with session(device_id) as device, device.desired_property_updates() as updates:
            await back_end("PATCH", f"/twins/{device_id}", {"properties": {"desired": {"limit": 40.5}}})
            async for patch in updates:
                same(patch, {"limit": 40.5, "$version": 2})
                return

    async def answers(device_id):
        call = {"methodName": "dim", "payload": {"to": 3}, "responseTimeoutInSeconds": WAIT}
        async with session(device_id) as device, device.direct_method_requests() as requests:
            answer = back_end("POST", f"/twins/{device_id}/methods", call)
            async for request in requests:
                same((request.name, request.payload), ("dim", {"to": 3}))
                response = DirectMethodResponse.create_from_method_request(request, 207, {"ok": True})
                await device.send_direct_method_response(response)
                break
            same(await answer, {"status": 207, "payload": {"ok": True}})

    async def is_refused(device_id):
        create_device(device_id)
        try:
            async with session(device_id, "d3Jvbmc="):
                pass
        except MQTTConnectionFailedError as error:
            same("not authorised" in str(error).lower() or str(error), True)
            return
        raise AssertionError("connected with a wrong key")

    for call, run in [
        ("connects", connects),
        ("send_message with properties", sends),
        ("messages", receives),
        ("get_twin, update_reported_properties", twin),
        ("desired_property_updates", is_told),
        ("direct_method_requests, send_direct_method_response", answers),
        ("is refused with a wrong key", is_refused),
    ]:
        await row(area, call, run)


async def main():
    await check("MQTT", False)
    await check("WebSocket", True)
    os._exit(0)  # a refused session leaves a thread behind


asyncio.run(main())
