@sut:hub @wire
Feature: Telemetry
  The hub is responsible for storing what a device sends, with its properties as sent and its origin stamped on it.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-d2c

  Background:
    Given a registered identity "thermostat"
    And "thermostat" is online

  @WIRE-D2C-01
  Rule: An acknowledged message has been stored

    Scenario: QoS 1
      When "thermostat" sends PUBLISH with:
        | topic   | devices/{thermostat}/messages/events/ |
        | payload | {"t":21}                              |
        | id      | 9                                     |
      Then "thermostat" receives PUBACK with:
        | id | 9 |
      And the service reads a message with:
        | from | {thermostat} |
        | body | {"t":21}     |
      And the service reads no further message

  @WIRE-D2C-02
  Rule: The last slash of the topic is optional

    Scenario: Without
      When "thermostat" sends PUBLISH with:
        | topic   | devices/{thermostat}/messages/events |
        | payload | no slash                             |
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | body       | no slash |
        | properties | {}       |

  @WIRE-D2C-03
  Rule: Properties are percent-encoded pairs behind the topic

    Scenario: Two SDKs write this
      When "thermostat" publishes to "devices/{thermostat}/messages/events/a%20b=x%26y%3D1%2F%C3%A9&c=1%2B2&d=50%2525"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | property."a b" | x&y=1/é |
        | property.c     | 1+2     |
        | property.d     | 50%25   |

  @WIRE-D2C-04
  Rule: A question mark before the properties belongs to the first name

    Scenario: As the sample of the documentation has it
      When "thermostat" publishes to "devices/{thermostat}/messages/events/?prop1=1&prop3=a%20string"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | properties | {"?prop1":"1","prop3":"a string"} |

  @WIRE-D2C-21
  Rule: Properties that cannot be read close the connection

    Scenario Outline: <what>
      When "thermostat" publishes to "devices/{thermostat}/messages/events/<bag>"
      Then the hub closes the connection of "thermostat" without a packet
      And the service reads no further message

      Examples:
        | what                    | bag   |
        | A raw = in a value      | a=b=c |
        | An empty name           | =b    |
        | An & that ends the bag  | a=b&  |

  @WIRE-D2C-05
  Rule: A name alone, and a name with = and nothing else, have the empty text

    Scenario: Both
      When "thermostat" publishes to "devices/{thermostat}/messages/events/prop1&prop2="
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | properties | {"prop1":"","prop2":""} |

  @WIRE-D2C-06
  Rule: A slash ends the properties

    Scenario: The Java SDK's modules end so
      When "thermostat" publishes to "devices/{thermostat}/messages/events/a=b/"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | properties | {"a":"b"} |

  @WIRE-D2C-07
  Rule: System properties are none of the application's

    Scenario: All that a device may set
      When "thermostat" publishes to "devices/{thermostat}/messages/events/%24.mid=m1&%24.cid=c1&%24.uid=u1&%24.ct=application%2Fjson&%24.ce=utf-8&%24.to=x"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.messageId       | m1               |
        | system.correlationId   | c1               |
        | system.userId          | u1               |
        | system.contentType     | application/json |
        | system.contentEncoding | utf-8            |
        | system.to              | x                |
        | properties             | {}               |

  @WIRE-D2C-08
  Rule: The dollar of a system property may stand raw

    Scenario: Raw and encoded
      When "thermostat" publishes to "devices/{thermostat}/messages/events/$.mid=m1&%24.cid=c1"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.messageId     | m1 |
        | system.correlationId | c1 |
        | properties           | {} |

  @WIRE-D2C-09
  Rule: $.on names a module's output

    Scenario: It is no application property
      When "thermostat" publishes to "devices/{thermostat}/messages/events/%24.on=alerts&a=b"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.outputName | alerts    |
        | properties        | {"a":"b"} |

  @WIRE-D2C-10
  Rule: $.sub names the component

    Scenario: A plug-and-play device
      When "thermostat" publishes to "devices/{thermostat}/messages/events/%24.sub=sensor1"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.componentName | sensor1 |

  @WIRE-D2C-11
  Rule: $.ctime is the creation time

    Scenario: As the Go SDK writes it
      When "thermostat" publishes to "devices/{thermostat}/messages/events/%24.ctime=2026-01-01T00%3A00%3A00Z"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.creationTimeUtc | 2026-01-01T00:00:00Z |

  @WIRE-D2C-12
  Rule: $.ifid is the interface id

    Scenario: A security message
      When "thermostat" publishes to "devices/{thermostat}/messages/events/%24.ifid=urn%3Aazureiot%3ASecurity%3ASecurityAgent%3A1"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.interfaceId | urn:azureiot:Security:SecurityAgent:1 |

  @WIRE-D2C-13
  Rule: The hub stamps who sent a message, and when

    Scenario: From a device
      When the service requests GET "/devices/{thermostat}"
      And "thermostat" publishes to "devices/{thermostat}/messages/events/"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | from                    | {thermostat}          |
        | system.moduleId         | absent                |
        | system.authGenerationId | {answer.generationId} |
        | system.source           | Telemetry             |
        | system.enqueuedAt       | /^\d+$/               |

  @WIRE-D2C-14
  Rule: The stamp says how the sender was authenticated

    Scenario: By its own key
      When "thermostat" publishes to "devices/{thermostat}/messages/events/"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.authMethod | {"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null} |

    Scenario: By a policy of the hub
      Given "thermostat" is online with:
        | policy | device |
        | scope  | {host} |
      When "thermostat" publishes to "devices/{thermostat}/messages/events/"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | system.authMethod | {"scope":"hub","type":"sas","issuer":"iothub","acceptingIpFilterRule":null} |

  @WIRE-D2C-15
  Rule: A publish to another device's topic ends the connection

    Scenario: Somebody else's
      Given a registered identity "other"
      When "thermostat" publishes to "devices/{other}/messages/events/"
      Then the hub closes the connection of "thermostat"
      And "thermostat" receives no PUBACK
      And the service reads no further message

  @WIRE-D2C-16
  Rule: A publish to a topic that the hub does not know ends the connection

    Scenario Outline: <topic>
      When "thermostat" publishes to "<topic>"
      Then the hub closes the connection of "thermostat"
      And "thermostat" receives no PUBACK
      And the service reads no further message

      Examples:
        | topic                                      |
        | any/topic                                  |
        | devices/{thermostat}/messages/devicebound/ |
        | $iothub/twin/res/200/?$rid=1               |
        | $SYS/broker                                |

  @WIRE-D2C-17
  Rule: QoS 0 is stored and not acknowledged

    Scenario: QoS 0
      When "thermostat" sends PUBLISH with:
        | topic   | devices/{thermostat}/messages/events/ |
        | payload | quick                                 |
        | qos     | 0                                     |
      Then "thermostat" receives no PUBACK
      And the service reads a message with:
        | body | quick |

  @WIRE-D2C-18
  Rule: A message may be empty

    Scenario: No payload
      When "thermostat" publishes to "devices/{thermostat}/messages/events/"
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | text | empty |

  @WIRE-D2C-20
  Rule: A message may order a fault

    Scenario: KillTcp
      When "thermostat" publishes to "devices/{thermostat}/messages/events/AzIoTHub_FaultOperationType=KillTcp&AzIoTHub_FaultOperationCloseReason=boom&AzIoTHub_FaultOperationDelayInSecs=0&AzIoTHub_FaultOperationDurationInSecs=0"
      Then the hub closes the connection of "thermostat"

    Scenario: Sent again with DUP it orders again, and is not acknowledged either
      When "thermostat" sends PUBLISH with:
        | topic | devices/{thermostat}/messages/events/AzIoTHub_FaultOperationType=KillTcp&AzIoTHub_FaultOperationDelayInSecs=0 |
        | dup   | true                                                                                                        |
      Then the hub closes the connection of "thermostat" without a packet
