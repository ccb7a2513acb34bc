@sut:hub @wire
Feature: As good as new
  The hub is responsible for serving an identity in full, whatever came before: it stores, keeps the twin, tells, calls and
  delivers, each once.

  Background:
    Given a registered identity "lamp"

  @WIRE-D2C-01 @WIRE-TWIN-10 @WIRE-TWIN-18 @WIRE-METH-05 @WIRE-C2D-09 @WIRE-QRY-01
  Rule: From its registration on

    Scenario: A device, twice
      Then the hub serves "lamp" in every way
      And the hub serves "lamp" in every way

    Scenario: A module beside its device
      Given a registered identity "lamp/bulb"
      Then the hub serves "lamp/bulb" in every way
      And the hub serves "lamp" in every way
      And the hub serves "lamp/bulb" in every way

    Scenario: An id with marks
      Given a registered identity "a.b:c@d-=%25!$(),*"
      Then the hub serves "a.b:c@d-=%25!$(),*" in every way

    Scenario: A device with keys of its back end
      Given a registered identity "fan" with:
        | authentication.type                      | sas                      |
        | authentication.symmetricKey.primaryKey   | AAAAAAAAAAAAAAAAAAAAAA== |
        | authentication.symmetricKey.secondaryKey | AAAAAAAAAAAAAAAAAAAAAQ== |
      Then the hub serves "fan" in every way

    Scenario: The module of an edge device
      Given a registered identity "gateway" with:
        | capabilities.iotEdge | true |
      And a registered identity "gateway/filter"
      Then the hub serves "gateway/filter" in every way
      And the hub serves "gateway" in every way

  @WIRE-D2C-01 @WIRE-TWIN-10 @WIRE-TWIN-18 @WIRE-METH-05 @WIRE-C2D-09 @WIRE-QRY-01
  Rule: After the connection has come and gone

    Scenario Outline: A session that is <session>
      Given "lamp" is online with:
        | clean | <clean> |
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/# $iothub/methods/POST/# $iothub/twin/PATCH/properties/desired/#"
      And "lamp" loses its connection
      And "lamp" is online with:
        | clean | <clean> |
      And "lamp" loses its connection
      Then the hub serves "lamp" in every way

      Examples:
        | session | clean |
        | kept    | false |
        | clean   | true  |

    Scenario: A method that the device did not answer
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "dim" of "lamp" with:
        | body payload | 1 |
      Then "lamp" receives PUBLISH
      When "lamp" loses its connection
      Then the answer is between 404 and 504
      And the hub serves "lamp" in every way

    Scenario: A message that was acknowledged in the next connection
      Given "lamp" is online with:
        | clean | false |
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp" the message "hello"
      Then "lamp" receives PUBLISH
      When "lamp" loses its connection
      And "lamp" is online with:
        | clean | false |
      Then "lamp" receives PUBLISH with:
        | payload | hello |
      When "lamp" acknowledges the message
      Then the hub serves "lamp" in every way

    Scenario: A newer connection
      Given "lamp" is online
      And "lamp" is online
      Then the hub closes the connection of "lamp before" without a packet
      And the hub serves "lamp" in every way

    Scenario: A packet that MQTT forbids
      Given "lamp" is online
      When "lamp" sends PUBLISH with:
        | topic | devices/{lamp}/messages/events/ |
        | qos   | 2                               |
      Then the hub closes the connection of "lamp"
      And the hub serves "lamp" in every way

    Scenario: A refused credential
      When "lamp" connects with:
        | signature | tampered |
      Then "lamp" is refused with return code 5
      And the hub serves "lamp" in every way

    @clock
    Scenario: Three tokens, one after another
      Then the hub serves "lamp" in every way
      When 3500 seconds pass at the hub
      Then the hub serves "lamp" in every way
      When 3500 seconds pass at the hub
      Then the hub serves "lamp" in every way

  @WIRE-D2C-01 @WIRE-TWIN-10 @WIRE-TWIN-18 @WIRE-METH-05 @WIRE-C2D-09 @WIRE-QRY-01
  Rule: After the registry has changed

    Scenario: Disabled and enabled
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                         |
        | body            | {"deviceId":"{lamp}","status":"disabled","authentication":{"symmetricKey":{"primaryKey":"{lamp.key}","secondaryKey":"{lamp.key}"}}} |
      And "lamp" connects
      Then "lamp" is refused with return code 5
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                        |
        | body            | {"deviceId":"{lamp}","status":"enabled","authentication":{"symmetricKey":{"primaryKey":"{lamp.key}","secondaryKey":"{lamp.key}"}}} |
      Then the answer is 200
      And the hub serves "lamp" in every way

    Scenario: Deleted and registered again
      Then the hub serves "lamp" in every way
      When the service sends "lamp" the message "old"
      And the service requests DELETE "/devices/{lamp}" with:
        | header if-match | * |
      Then the answer is 204
      Given a registered identity "lamp"
      Then the hub serves "lamp" in every way

    Scenario: A module that was deleted and registered again
      Given a registered identity "lamp/bulb"
      Then the hub serves "lamp/bulb" in every way
      When the service sends "lamp/bulb" the message "old"
      And the service requests DELETE "/devices/{lamp}/modules/bulb" with:
        | header if-match | * |
      Then the answer is 204
      And the hub serves "lamp" in every way
      Given a registered identity "lamp/bulb"
      Then the hub serves "lamp/bulb" in every way

    Scenario: Updated without a change
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                     |
        | body            | {"deviceId":"{lamp}","authentication":{"symmetricKey":{"primaryKey":"{lamp.key}","secondaryKey":"{lamp.key}"}}} |
      Then the answer is 200
      And the hub serves "lamp" in every way

    Scenario: Another device was deleted
      Given a registered identity "fan"
      Then the hub serves "fan" in every way
      When the service requests DELETE "/devices/{fan}" with:
        | header if-match | * |
      Then the hub serves "lamp" in every way

  @WIRE-D2C-01 @WIRE-TWIN-10 @WIRE-TWIN-18 @WIRE-METH-05 @WIRE-C2D-09 @WIRE-QRY-01
  Rule: After a request that was refused

    Scenario: A write of the twin
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"a":"{x*4097}"},"properties":{"desired":{"on":true}}} |
      Then the answer is 400
      When the service requests PUT "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"a b":1}}} |
      Then the answer is 400
      And the hub serves "lamp" in every way
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | properties.desired.on | absent |
        | tags                  | absent |

    Scenario: A patch of the device
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"good":1,"bad":{"$x":1}}                      |
      Then "lamp" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/400\// |
      And the hub serves "lamp" in every way

    @clock
    Scenario: A queue that was full
      When the service sends "lamp" 50 messages
      And the service sends "lamp" the message "one too many"
      Then the answer is 403 DeviceMaximumQueueDepthExceeded
      When the service requests DELETE "/devices/{lamp}/commands"
      Then the answer is 200
      And the hub serves "lamp" in every way

    Scenario: A method that the device does not listen to
      Given "lamp" is online
      When the service calls the method "dim" of "lamp" with:
        | body payload | 1 |
      Then the answer is 404 DeviceNotOnline
      And the hub serves "lamp" in every way

    Scenario: A message that was rejected
      When the service sends "lamp" the message "hello"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}?reject"
      Then the answer is 204
      And the hub serves "lamp" in every way
