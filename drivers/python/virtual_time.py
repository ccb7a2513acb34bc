"""Replaces the system clock with the suite's clock for the SDK and its MQTT library.

Import it before them. Time stands still until `advance`; timers, alarms and waits with a time-out follow it. Sockets and
TLS keep the system clock.
"""

import heapq
import itertools
import queue
import threading
import time
import weakref

SOON = 0.02  # seconds of real time in which threads notice what is new
AT_ONCE = 10  # timers in one call that were due before it: those of an endless loop are left to the next call

_now = _mqtt_now = time.time()
_real_sleep = time.sleep
_due = []
_order = itertools.count()
_lock = threading.RLock()
_mqtt = weakref.WeakSet()


def now():
    return _now


def mqtt_now():
    return _mqtt_now


class Timer:
    """threading.Timer, and the SDK's Alarm, on the suite's clock."""

    def __init__(self, interval, function, args=None, kwargs=None):
        self.at, self.function = _now + interval, function
        self.args, self.kwargs = args or [], kwargs or {}
        self.cancelled, self.daemon = False, True

    def start(self):
        with _lock:
            heapq.heappush(_due, (self.at, next(_order), self))

    def cancel(self):
        self.cancelled = True

    def join(self, timeout=None):
        pass

    def is_alive(self):
        return not self.cancelled


class Alarm(Timer):
    def __init__(self, alarm_time, function, args=None, kwargs=None):
        super().__init__(alarm_time - _now, function, args, kwargs)


def advance(to):
    """Runs the timers that become due. An earlier time than before starts a new scenario and discards the timers of the last.

    @returns when the next timer is due, if there is one.
    """
    global _now, _mqtt_now
    if to < _now:
        with _lock:
            _due.clear()
    start, at_once = _now, 0
    while True:
        with _lock:
            while _due and _due[0][2].cancelled:
                heapq.heappop(_due)
            if not _due or _due[0][0] > to:
                break
            at_once += _due[0][0] <= start
            if at_once > AT_ONCE:
                break
            _now, _, timer = heapq.heappop(_due)
        timer.cancelled = True
        threading.Thread(target=timer.function, args=timer.args, kwargs=timer.kwargs, daemon=True).start()
        _real_sleep(SOON)
    # The library's thread sees the new time only after the SDK's timers for that time, which were set earlier, have run.
    _now = _mqtt_now = to
    _real_sleep(SOON if _ends or any(_ping_due(client) <= to for client in _connected()) else 0)
    return min([*_ends.values(), *map(_ping_due, _connected()), *(at for at, _, of in _due if not of.cancelled)], default=None)


def _connected():
    return [client for client in list(_mqtt) if client._sock is not None and client._keepalive > 0]


def _ping_due(client):
    """When the MQTT library must send a ping. It polls the clock in its own thread, and needs a moment of real time."""
    return min(client._last_msg_out, client._last_msg_in) + client._keepalive


_get = queue.Queue.get
_ends = {}


def get(self, block=True, timeout=None):
    """queue.Queue.get with its time-out on the suite's clock."""
    if not block or timeout is None or timeout < 0:
        return _get(self, block, timeout)
    end = _ends[threading.get_ident()] = _now + timeout
    try:
        while True:
            try:
                return _get(self, False)
            except queue.Empty:
                if _now >= end:
                    raise
            _real_sleep(SOON / 4)
    finally:
        del _ends[threading.get_ident()]


class _PahoTime:
    """Module `time` as paho sees it."""

    monotonic = time = staticmethod(mqtt_now)
    sleep = staticmethod(_real_sleep)


def install():
    """Replaces the clock of the SDK."""
    threading.Timer = Timer
    queue.Queue.get = get
    time.time = now

    import paho.mqtt.client as paho
    from azure.iot.device.common import alarm

    alarm.Alarm = Alarm
    paho.time_func = mqtt_now
    paho.time = _PahoTime
    make, loop = paho.Client.__init__, paho.Client._loop

    def remembered(self, *given, **named):
        make(self, *given, **named)
        _mqtt.add(self)

    paho.Client.__init__ = remembered
    paho.Client._loop = lambda self, timeout=1.0: loop(self, min(timeout, SOON / 2))
