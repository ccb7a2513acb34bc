@sut:hub @wire
Feature: Cloud-to-device messages
  The hub is responsible for keeping a message until its device has acknowledged it, and for telling the sender what became of it.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-c2d

  Background:
    Given a registered identity "thermostat"
    And "thermostat" is online with:
      | clean | false |

  @WIRE-C2D-01
  Rule: A device subscribes to its own device-bound topic

    Scenario: With its id
      When "thermostat" sends SUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/# | 1 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 |

  @WIRE-C2D-02
  Rule: A plus in place of the id means the own device

    Scenario: azure-sdk-for-c's constant, and a message to somebody else
      Given a registered identity "other"
      And "thermostat" subscribes to "devices/+/messages/devicebound/#"
      When the service sends "other" the message "not for you"
      And the service sends "thermostat" the message "for you"
      Then "thermostat" receives PUBLISH with:
        | payload | for you |
      And "thermostat" receives no PUBLISH

  @WIRE-C2D-03
  Rule: The topic is the device's, with a slash before the properties

    Scenario: A plain message
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello"
      Then "thermostat" receives PUBLISH with:
        | topic   | /^devices\/{thermostat}\/messages\/devicebound\// |
        | payload | hello                                             |

  @WIRE-C2D-04
  Rule: $.to is always there

    Scenario: A plain message
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello"
      Then "thermostat" receives PUBLISH with:
        | bag               | /%24\.to=%2Fdevices%2F{thermostat}%2Fmessages%2Fdevice[bB]ound/ |
        | properties."$.to" | /^\/devices\/{thermostat}\/messages\/device[bB]ound$/           |

  @WIRE-C2D-05
  Rule: System and application properties are encoded

    Scenario: All of them
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-messageid       | m 1              |
        | header iothub-correlationid   | c/1              |
        | header iothub-userid          | u1               |
        | header iothub-contenttype     | application/json |
        | header iothub-contentencoding | utf-8            |
        | header iothub-app-colour      | a & b            |
      Then "thermostat" receives PUBLISH with:
        | bag | /(^\|&)%24\.mid=m%201(&\|$)/ |
        | bag | /(^\|&)%24\.cid=c%2F1(&\|$)/ |
        | properties."$.mid" | m 1                                   |
        | properties."$.cid" | c/1                                   |
        | properties."$.uid" | u1                                    |
        | properties."$.ct"  | application/json                      |
        | properties."$.ce"  | utf-8                                 |
        | properties.colour  | a & b                                 |

  @WIRE-C2D-06
  Rule: iothub-ack is there when the sender asked for it

    Scenario Outline: <ack>
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-ack | <ack> |
      Then "thermostat" receives PUBLISH with:
        | properties.iothub-ack | <ack> |

      Examples:
        | ack      |
        | none     |
        | positive |
        | negative |
        | full     |

    Scenario: Not asked for
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello"
      Then "thermostat" receives PUBLISH with:
        | properties.iothub-ack | absent |

  @WIRE-C2D-07
  Rule: Times are ISO 8601 with seven digits of fraction

    Scenario: An expiry
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-expiry | 2099-01-01T00:00:00Z |
      Then "thermostat" receives PUBLISH with:
        | properties."$.exp" | 2099-01-01T00:00:00.0000000Z |

  @WIRE-C2D-24
  Rule: A creation time has its name of AMQP

    Scenario: A back end gives one
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-creationtimeutc   | 2026-01-01T00:00:00Z |
      Then "thermostat" receives PUBLISH with:
        | properties.iothub-creation-time-utc | 2026-01-01T00:00:00Z |

  @WIRE-C2D-08
  Rule: An empty property keeps its equals sign

    Scenario: An empty property
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-app-empty | |
      Then "thermostat" receives PUBLISH with:
        | bag | /(^\|&)empty=(&\|$)/ |

  @WIRE-C2D-09
  Rule: PUBACK completes a message

    @hub:alone
    Scenario: Feedback says so
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-messageid | m1       |
        | header iothub-ack       | positive |
      And "thermostat" receives PUBLISH
      And "thermostat" acknowledges the message
      And the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | cloudToDeviceMessageCount | 0 |
      When 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.originalMessageId | m1           |
        | 0.statusCode        | Success      |
        | 0.deviceId          | {thermostat} |

  @WIRE-C2D-10
  Rule: With QoS 0 a message is complete when it has been sent

    Scenario: The queue is empty
      When "thermostat" sends SUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/# | 0 |
      And "thermostat" receives SUBACK
      And the service sends "thermostat" the message "hello"
      Then "thermostat" receives PUBLISH with:
        | qos | 0 |
      When the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | cloudToDeviceMessageCount | 0 |

  @WIRE-C2D-11 @clock
  Rule: A message that is not acknowledged comes again

    Scenario: After its lock has run out
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And the service sends "thermostat" the message "hello"
      And "thermostat" receives PUBLISH with:
        | dup | false |
      When 61 seconds pass at the hub
      Then "thermostat" receives PUBLISH with:
        | payload | hello |
        | dup     | true  |

    Scenario: At the next connection
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And the service sends "thermostat" the message "hello"
      And "thermostat" receives PUBLISH
      And "thermostat" loses its connection
      When "thermostat" is online with:
        | clean | false |
      Then "thermostat" receives PUBLISH with:
        | payload | hello |
        | dup     | true  |

  @WIRE-C2D-12
  Rule: Over MQTT a message can only be completed

    Scenario: The lock token is not on the wire
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello"
      Then "thermostat" receives PUBLISH with:
        | bag | /^(?!.*lock)/ |

  @WIRE-C2D-13
  Rule: At most 50 messages wait for a device

    Scenario: The 51st
      When the service sends "thermostat" 50 messages
      Then the answer is 204
      When the service sends "thermostat" the message "one too many"
      Then the answer is 403 DeviceMaximumQueueDepthExceeded

  @WIRE-C2D-14 @clock
  Rule: A message waits for an hour

    @hub:alone
    Scenario: Expired, and the sender is told
      When the service sends "thermostat" the message "hello" with:
        | header iothub-messageid | m1       |
        | header iothub-ack       | negative |
      And 3601 seconds pass at the hub
      And the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | cloudToDeviceMessageCount | 0 |
      When 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.originalMessageId | m1      |
        | 0.statusCode        | Expired |

  @WIRE-C2D-15
  Rule: A message that has just expired is taken, and reaches nobody

    Scenario: An expiry one second ago
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello" with:
        | header iothub-expiry | {utc-1} |
      Then the answer is 204
      And "thermostat" receives no PUBLISH

  @WIRE-C2D-16
  Rule: A message has at most 64 KB

    Scenario: Beyond
      When the service sends "thermostat" the message "{x*65537}"
      Then the answer is 413 MessageTooLarge

    Scenario: Just within
      When the service sends "thermostat" the message "{x*65000}"
      Then the answer is 204

  @WIRE-C2D-17 @clock
  Rule: After ten deliveries a message is given up

    @hub:alone
    Scenario: Abandoned ten times
      When the service sends "thermostat" the message "hello" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And "thermostat" receives and abandons the message 10 times
      And "thermostat" requests GET "/devices/{thermostat}/messages/devicebound"
      Then the answer is 204
      When 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.originalMessageId | m1                    |
        | 0.statusCode        | DeliveryCountExceeded |

  @WIRE-C2D-21 @clock
  Rule: A lock that runs out does not raise the delivery count

    Scenario: More locks than deliveries are allowed
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "hello"
      And 780 seconds pass at the hub
      And the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | cloudToDeviceMessageCount | 1 |

    Scenario: An abandon does
      When the service sends "thermostat" the message "hello"
      And "thermostat" requests GET "/devices/{thermostat}/messages/devicebound"
      And 61 seconds pass at the hub
      And "thermostat" requests GET "/devices/{thermostat}/messages/devicebound"
      Then the answer has:
        | header iothub-deliverycount | 0 |
      When "thermostat" requests POST "/devices/{thermostat}/messages/devicebound/{header.etag}/abandon"
      And "thermostat" requests GET "/devices/{thermostat}/messages/devicebound"
      Then the answer has:
        | header iothub-deliverycount | 1 |

  @WIRE-C2D-22 @clock
  Rule: Feedback describes what became of a message

    @hub:alone
    Scenario: Rejected
      When the service sends "thermostat" the message "hello" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And "thermostat" requests GET "/devices/{thermostat}/messages/devicebound"
      And "thermostat" requests DELETE "/devices/{thermostat}/messages/devicebound/{header.etag}?reject"
      And 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.statusCode  | Rejected         |
        | 0.description | Message rejected |

  @WIRE-HTTP-14
  Rule: Over HTTPS the type and encoding of the content have no prefix

    Scenario: Both
      When the service sends "thermostat" the message "hello" with:
        | header iothub-contenttype     | text/plain |
        | header iothub-contentencoding | utf-8      |
      And "thermostat" requests GET "/devices/{thermostat}/messages/devicebound"
      Then the answer has:
        | header contenttype     | text/plain |
        | header contentencoding | utf-8      |

  @WIRE-C2D-18
  Rule: There is no sending to an unknown device

    Scenario: Never registered
      When the service sends "nobody" the message "hello"
      Then the answer is 404 DeviceNotFound

  @WIRE-C2D-19
  Rule: A purge throws away what waits, and says how much

    @hub:alone
    Scenario: Two messages, one of them with feedback
      When the service sends "thermostat" the message "one" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And the service sends "thermostat" the message "two"
      And the service requests DELETE "/devices/{thermostat}/commands"
      Then the answer is 200
      And the answer has:
        | deviceId            | {thermostat} |
        | totalMessagesPurged | 2            |
      When 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.statusCode | Purged |

  @WIRE-C2D-20
  Rule: Messages come in the order in which they were sent

    Scenario: Three
      Given "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" the message "one"
      And the service sends "thermostat" the message "two"
      And the service sends "thermostat" the message "three"
      Then "thermostat" receives PUBLISH with:
        | payload | one |
      And "thermostat" receives PUBLISH with:
        | payload | two |
      And "thermostat" receives PUBLISH with:
        | payload | three |

  @WIRE-C2D-23
  Rule: A module that is connected directly gets messages of its own

    Scenario: Over MQTT
      Given a registered identity "thermostat/meter"
      And "thermostat/meter" is online
      And "thermostat/meter" subscribes to "devices/{thermostat}/modules/meter/messages/devicebound/#"
      When the service sends "thermostat/meter" the message "hello"
      Then the answer is 204
      And "thermostat/meter" receives PUBLISH with:
        | payload           | hello                                                      |
        | properties."$.to" | /devices/{thermostat}/modules/meter/messages/devicebound |
