@sut:hub @wire
Feature: Direct methods
  The hub is responsible for carrying a call to the device and its answer back to the caller who waits for it.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-direct-methods

  Background:
    Given a registered identity "thermostat"
    And "thermostat" is online

  @WIRE-METH-01 @WIRE-METH-02 @WIRE-METH-03 @WIRE-METH-05
  Rule: A call reaches the device on a topic that ends with the request id, and the answer reaches the caller

    Scenario: Called and answered
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "reboot" of "thermostat" with:
        | body payload | {"delay":5} |
      Then "thermostat" receives PUBLISH with:
        | topic   | /^\$iothub\/methods\/POST\/reboot\/\?\$rid=[^&]+$/ |
        | payload | {"delay":5}                                       |
        | qos     | 0                                                 |
      When "thermostat" answers the method with:
        | status  | 200         |
        | payload | {"ok":true} |
      Then the answer is 200
      And the answer has:
        | status  | 200         |
        | payload | {"ok":true} |

  @WIRE-METH-04
  Rule: A null payload and no payload are two things

    Scenario Outline: <what>
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "reboot" of "thermostat" with:
        | body | <body> |
      Then "thermostat" receives PUBLISH with:
        | text | <text> |

      Examples:
        | what       | body                                    | text  |
        | Null       | {"methodName":"reboot","payload":null} | null  |
        | No payload | {"methodName":"reboot"}                | empty |

  @WIRE-METH-06 @WIRE-METH-07
  Rule: The device's status and an empty payload are passed on as they are

    Scenario: A status of the device's own
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "reboot" of "thermostat" with:
        | body payload | null |
      Then "thermostat" receives PUBLISH
      When "thermostat" answers the method with:
        | status | 4711 |
      Then the answer is 200
      And the answer has:
        | status  | 4711 |
        | payload | null |

  @WIRE-METH-22
  Rule: The bytes of a response pass through, whatever they are

    Scenario Outline: <what>
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "reboot" of "thermostat" with:
        | body payload | null |
      Then "thermostat" receives PUBLISH
      When "thermostat" answers the method with:
        | payload | <response> |
      Then the answer is 200
      And the answer has:
        | text | {"status":200,"payload":<response>} |

      Examples:
        | what                         | response                 |
        | No JSON                      | {'filename': 'logs.zip'} |
        | A number with its text       | 1.0                      |
        | A number beyond 64 bits      | 12345678901234567890     |

  @WIRE-METH-23
  Rule: The payload of a call reaches the device as it is written

    Scenario: Numbers and the order of keys
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "set" of "thermostat" with:
        | body | {"methodName":"set","payload":{"b":12345678901234567890,"2":1.0}} |
      Then "thermostat" receives PUBLISH with:
        | text | {"b":12345678901234567890,"2":1.0} |

  @WIRE-METH-10
  Rule: Time-outs lie in their bounds

    Scenario Outline: <field> of <seconds>
      When the service calls the method "reboot" of "thermostat" with:
        | body <field> | <seconds> |
      Then the answer is 400

      Examples:
        | field                     | seconds |
        | responseTimeoutInSeconds  | 4       |
        | responseTimeoutInSeconds  | 301     |
        | connectTimeoutInSeconds   | 301     |

  @WIRE-METH-13
  Rule: A call to a device that is not online fails at once

    Scenario: Disconnected
      When "thermostat" loses its connection
      And the service calls the method "reboot" of "thermostat" with:
        | body payload | null |
      Then the answer is 404 DeviceNotOnline

  @WIRE-METH-14
  Rule: A device that has not subscribed to methods is not online for them

    Scenario: Online, and no subscription
      When the service calls the method "reboot" of "thermostat" with:
        | body payload | null |
      Then the answer is 404 DeviceNotOnline

  @WIRE-METH-15
  Rule: With a connect time-out a call waits for the device

    Scenario: It subscribes in time
      When the service calls the method "reboot" of "thermostat" with:
        | body connectTimeoutInSeconds | 10 |
      And "thermostat" subscribes to "$iothub/methods/POST/#"
      Then "thermostat" receives PUBLISH
      When "thermostat" answers the method with:
        | status | 200 |
      Then the answer is 200

    Scenario: Each of two calls that wait
      When the service calls the methods "first" and "second" of "thermostat" at once, and waits 10 seconds for the device
      And "thermostat" subscribes to "$iothub/methods/POST/#"
      And "thermostat" answers "first" with 201 and then "second" with 202
      Then the call of "first" is answered with 201
      And the call of "second" is answered with 202

  @WIRE-METH-09 @WIRE-METH-16 @clock
  Rule: A device that does not answer in time is a time-out

    Scenario: Half a minute by default
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "reboot" of "thermostat" with:
        | body payload | null |
      Then "thermostat" receives PUBLISH
      When 31 seconds pass at the hub
      Then the answer is 504 GatewayTimeout

  @WIRE-METH-08 @clock
  Rule: A late answer is nobody's

    Scenario: After the time-out, and before the next call
      Given "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "first" of "thermostat" with:
        | body payload | null |
      Then "thermostat" receives PUBLISH
      When 31 seconds pass at the hub
      Then the answer is 504 GatewayTimeout
      When "thermostat" answers the method with:
        | status | 200 |
      And the service calls the method "second" of "thermostat" with:
        | body payload | null |
      Then "thermostat" receives PUBLISH with:
        | topic | /^\$iothub\/methods\/POST\/second\// |
      When "thermostat" answers the method with:
        | status  | 201 |
        | payload | 2   |
      Then the answer has:
        | status  | 201 |
        | payload | 2   |

    Scenario: The answer of another who knows the request's id is nobody's either
      Given a registered identity "stranger"
      And "stranger" is online
      And "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "open" of "thermostat" with:
        | body payload | null |
      Then "thermostat" receives PUBLISH
      When "stranger" publishes to "$iothub/methods/res/200/?$rid={rid}"
      Then "stranger" is still online
      When "thermostat" answers the method with:
        | payload | "mine" |
      Then the answer has:
        | payload | mine |

    Scenario Outline: The answer of <who> to a call of <whom> is nobody's
      Given a registered identity "thermostat/meter"
      And "thermostat/meter" is online
      And "<whom>" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "open" of "<whom>" with:
        | body payload | null |
      Then "<whom>" receives PUBLISH
      When "<who>" publishes to "$iothub/methods/res/200/?$rid={rid}"
      Then "<who>" is still online
      When "<whom>" answers the method with:
        | payload | "mine" |
      Then the answer has:
        | payload | mine |

      Examples:
        | who              | whom             |
        | thermostat/meter | thermostat       |
        | thermostat       | thermostat/meter |

  @WIRE-METH-18
  Rule: There is no calling an unknown device

    Scenario: Never registered
      When the service calls the method "reboot" of "nobody" with:
        | body payload | null |
      Then the answer is 404 DeviceNotFound

  @WIRE-METH-20
  Rule: There is no calling an unknown module

    Scenario: Never registered
      When the service calls the method "reboot" of "thermostat/nobody" with:
        | body payload | null |
      Then the answer is 404 ModuleNotFound
