@sut:hub @wire
Feature: Modules
  The hub is responsible for the modules of a device being identities of their own.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-module-twins

  Background:
    Given a registered identity "lamp"
    And a registered identity "lamp/bulb"

  @WIRE-REG-12
  Rule: A module is created and updated

    Scenario: The etag of now
      When the service requests GET "/devices/{lamp}/modules/bulb"
      Then the answer has:
        | deviceId                               | {lamp}                  |
        | moduleId                               | bulb                    |
        | generationId                           | /^\d{15,}$/             |
        | authentication.symmetricKey.primaryKey | /^[A-Za-z0-9+\/]{43}=$/ |
      When the service requests PUT "/devices/{lamp}/modules/bulb" with:
        | header if-match | "{answer.etag}"                                            |
        | body            | {"deviceId":"{lamp}","moduleId":"bulb","managedBy":"test"} |
      Then the answer is 200
      When the service requests GET "/devices/{lamp}/modules/bulb"
      Then the answer has:
        | managedBy | test |

    Scenario: Of an unknown device
      When the service requests PUT "/devices/{lamp}-unknown/modules/bulb" with:
        | body | {"deviceId":"{lamp}-unknown","moduleId":"bulb"} |
      Then the answer is 401 IotHubUnauthorizedAccess

  @WIRE-REG-13
  Rule: A device lists its modules, and no others

    Scenario: Two devices
      Given a registered identity "fan"
      And a registered identity "fan/motor"
      And a registered identity "lamp/switch"
      When the service requests GET "/devices/{lamp}/modules"
      Then the answer is 200
      And the answer has:
        | length | 2          |
        | text   | /"bulb"/   |
        | text   | /"switch"/ |

  @WIRE-REG-14
  Rule: A module is created once

    Scenario: Again
      When the service requests PUT "/devices/{lamp}/modules/bulb" with:
        | body | {"deviceId":"{lamp}","moduleId":"bulb"} |
      Then the answer is 409 ModuleAlreadyExistsOnDevice

    Scenario: After it was deleted
      When the service requests DELETE "/devices/{lamp}/modules/bulb" with:
        | header if-match | * |
      Then the answer is 204
      When the service requests GET "/devices/{lamp}/modules/bulb"
      Then the answer is 404 ModuleNotFound
      When the service requests PUT "/devices/{lamp}/modules/bulb" with:
        | body | {"deviceId":"{lamp}","moduleId":"bulb"} |
      Then the answer is 200

  @WIRE-MOD-01
  Rule: Telemetry of a module is stamped with both ids

    Scenario: One message
      Given "lamp/bulb" is online
      When "lamp/bulb" sends PUBLISH with:
        | topic   | devices/{lamp}/modules/bulb/messages/events/a=1 |
        | payload | 21                                              |
      Then "lamp/bulb" receives PUBACK
      And the service reads a message with:
        | from            | {lamp} |
        | system.moduleId | bulb   |
        | property.a      | 1      |
        | body            | 21     |

  @WIRE-MOD-05
  Rule: A module has twin and methods of its own, on the topics of devices

    Scenario: Reported properties
      Given "lamp/bulb" is online
      And "lamp/bulb" subscribes to "$iothub/twin/res/#"
      When "lamp/bulb" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"hours":7}                                    |
      Then "lamp/bulb" receives PUBLISH with:
        | topic | $iothub/twin/res/204/?$rid=1&$version=2 |
      When the service requests GET "/twins/{lamp}/modules/bulb"
      Then the answer has:
        | properties.reported.hours | 7 |
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | properties.reported.hours | absent |

    Scenario: Methods
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/methods/POST/#"
      And "lamp/bulb" is online
      And "lamp/bulb" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "dim" of "lamp/bulb" with:
        | body payload | 1 |
      Then "lamp/bulb" receives PUBLISH
      When "lamp/bulb" answers the method with:
        | status | 201 |
      Then the answer has:
        | status | 201 |
      And "lamp" receives no PUBLISH

    Scenario: Desired properties
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      And "lamp/bulb" is online
      And "lamp/bulb" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PATCH "/twins/{lamp}/modules/bulb" with:
        | body | {"properties":{"desired":{"on":true}}} |
      Then "lamp/bulb" receives PUBLISH with:
        | payload | {"on":true,"$version":2} |
      And "lamp" receives no PUBLISH
