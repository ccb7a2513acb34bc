@sut:hub @wire @hub:amqp
Feature: Reading events
  The hub is responsible for every event being there for its readers, once in each place, from the position they name.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-read-builtin

  Background:
    Given a registered identity "lamp"

  @WIRE-AMQP-08 @WIRE-AMQP-09
  Rule: A reader is sent to the endpoint for events, which lists its partitions

    Scenario: Found by the host of the hub
      Then the event hub has partitions

  @WIRE-AMQP-10 @WIRE-D2C-13
  Rule: An event has what the device sent and what the hub adds

    Scenario: Telemetry
      Given a reader of the event hub
      And "lamp" is online
      When "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/$.mid=m1&$.ct=text%2Fplain&rate=50%2525 |
        | payload | 21                                                                     |
      Then the reader gets an event with:
        | text                                             | 21                   |
        | message id                                       | m1                   |
        | content type                                     | text/plain           |
        | property.rate                                    | 50%25                |
        | annotation.iothub-connection-device-id           | {lamp}               |
        | annotation.iothub-connection-auth-generation-id  | /^\d+$/              |
        | annotation.iothub-connection-auth-method         | /"scope":"device"/   |
        | annotation.iothub-message-source                 | Telemetry            |
        | annotation.x-opt-offset                          | present              |
        | annotation.x-opt-sequence-number                 | present              |
        | annotation.x-opt-enqueued-time                   | present              |
      And the reader gets no further event

    Scenario: Two events with properties of the same length, in their order
      Given a reader of the event hub
      And "lamp" is online
      When "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/key=aaaa |
        | payload | one                                     |
      And "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/key=bbbb |
        | payload | two                                     |
      Then the reader gets an event with:
        | text         | one  |
        | property.key | aaaa |
      And the reader gets an event with:
        | text         | two  |
        | property.key | bbbb |

  @WIRE-AMQP-10
  Rule: A reader begins after its position, or at it

    Scenario Outline: The <what>
      Given a reader of the event hub
      And "lamp" is online
      When "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/ |
        | payload | one                             |
      Then the reader gets an event with:
        | text | one |
      When "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/ |
        | payload | two                             |
      And "lamp" is still online
      Then a reader from the <what> of it gets "two"
      And a reader from the <what> of it on gets "one two"

      Examples:
        | what            |
        | offset          |
        | sequence number |

    @clock
    Scenario: The enqueued time
      Given a reader of the event hub
      And "lamp" is online
      When "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/ |
        | payload | one                             |
      Then the reader gets an event with:
        | text | one |
      When 1 second passes at the hub
      And "lamp" sends PUBLISH with:
        | topic   | devices/{lamp}/messages/events/ |
        | payload | two                             |
      And "lamp" is still online
      Then a reader from the enqueued time of it gets "two"
      And a reader from the enqueued time of it on gets "one two"

  @WIRE-EVT-01 @WIRE-EVT-05 @hub:events
  Rule: A changed twin is an event

    Scenario: Desired properties
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"on":true}}} |
      Then the service reads the event "twinChangeEvents" with:
        | from                             | {lamp}                         |
        | system.contentType               | application/json               |
        | system.contentEncoding           | utf-8                          |
        | system.correlationId             | present                        |
        | property.deviceId                | {lamp}                         |
        | property.hubName                 | present                        |
        | property.operationTimestamp      | /^\d{4}-\d\d-\d\dT/            |
        | property.iothub-message-schema   | twinChangeNotification         |
        | property.opType                  | updateTwin                     |
        | body.properties.desired.on       | true                           |
        | body.properties.desired.$version | 2                              |
        | body.properties.desired.$metadata.on.$lastUpdatedVersion | 2      |

    Scenario: Reported properties
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"hours":7}                                    |
      Then the service reads the event "twinChangeEvents" with:
        | property.opType                   | updateTwin |
        | body.properties.reported.hours    | 7          |
        | body.properties.reported.$version | 2          |

    Scenario: A twin that is replaced
      When the service requests PUT "/twins/{lamp}" with:
        | body | {"tags":{"a":1},"properties":{"desired":{"on":true}}} |
      Then the service reads the event "twinChangeEvents" with:
        | property.opType            | replaceTwin |
        | body.tags.a                | 1           |
        | body.properties.desired.on | true        |

  @WIRE-EVT-02 @hub:events
  Rule: Identities that come and go are events

    Scenario: A device is made
      Then the service reads the event "deviceLifecycleEvents" with:
        | from                           | {lamp}                      |
        | property.opType                | createDeviceIdentity        |
        | property.iothub-message-schema | deviceLifecycleNotification |
        | body.deviceId                  | {lamp}                      |
        | body.etag                      | AAAAAAAAAAE=                |
        | body.version                   | 2                           |

    Scenario: A module is made
      Given a registered identity "lamp/bulb"
      Then the service reads the event "deviceLifecycleEvents" with:
        | property.moduleId | absent |
      And the service reads the event "deviceLifecycleEvents" with:
        | property.opType   | createDeviceIdentity |
        | property.moduleId | bulb                 |
        | body.moduleId     | bulb                 |

    Scenario: A device is deleted
      When the service requests DELETE "/devices/{lamp}" with:
        | header if-match | * |
      Then the service reads the event "deviceLifecycleEvents" with:
        | property.opType | createDeviceIdentity |
      And the service reads the event "deviceLifecycleEvents" with:
        | property.opType | deleteDeviceIdentity |
        | body.deviceId   | {lamp}               |

  @WIRE-EVT-03 @WIRE-EVT-04 @hub:events @clock
  Rule: Connections are told of each minute, by their state

    Scenario: Connected, then not
      Given "lamp" is online
      When 61 seconds pass at the hub
      Then the service reads the event "deviceConnectionStateEvents" with:
        | property.opType                | deviceConnected                   |
        | property.iothub-message-schema | deviceConnectionStateNotification |
        | body.sequenceNumber            | /^[0-9A-Fa-f]{64}$/               |
      When "lamp" loses its connection
      And 61 seconds pass at the hub
      Then the service reads the event "deviceConnectionStateEvents" with:
        | property.opType | deviceDisconnected |

    Scenario: Each of two devices that come within a minute
      Given a registered identity "fan"
      And "lamp" is online
      And "fan" is online
      When 61 seconds pass at the hub
      Then the service reads the event "deviceConnectionStateEvents" with:
        | property.opType | deviceConnected |
      And the service reads the event "deviceConnectionStateEvents" with:
        | property.opType | deviceConnected |
      And the service reads no further event "deviceConnectionStateEvents"

    Scenario: What comes and goes within a minute is not told
      Given "lamp" is online
      When "lamp" loses its connection
      And 121 seconds pass at the hub
      Then the service reads no further event "deviceConnectionStateEvents"

  @WIRE-EVT-06 @hub:events
  Rule: A digital twin that changes is an event

    Scenario: A property of a device with a model
      Given "lamp" is online with:
        | user name | {host}/{lamp}/?api-version=2021-04-12&model-id=dtmi:com:example:Lamp;1 |
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"on":true}}} |
      Then the service reads the event "digitalTwinChangeEvents" with:
        | property.opType                | updateTwin                    |
        | property.iothub-message-schema | digitalTwinChangeNotification |
        | system.contentType             | application/json-patch+json   |
        | text                           | /"op":"(add\|replace)"/       |
