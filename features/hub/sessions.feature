@sut:hub @wire
Feature: Sessions
  The hub is responsible for keeping what a device has subscribed to, and for closing connections that MQTT or the hub's own rules forbid.
  https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub

  Background:
    Given a registered identity "thermostat"

  @WIRE-SESS-01
  Rule: The first connection of a persistent session finds no session

    Scenario: Never seen before
      When "thermostat" connects with:
        | clean | false |
      Then "thermostat" receives CONNACK with:
        | return code     | 0     |
        | session present | false |

  @WIRE-SESS-02
  Rule: A persistent session keeps its subscriptions

    Scenario: Reconnected without subscribing again
      Given "thermostat" is online with:
        | clean | false |
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And "thermostat" loses its connection
      When "thermostat" connects with:
        | clean | false |
      Then "thermostat" receives CONNACK with:
        | session present | true |
      When the service sends "thermostat" the message "hello"
      Then "thermostat" receives PUBLISH with:
        | payload | hello |

  @WIRE-SESS-03
  Rule: Messages that wait for a persistent session are sent right after CONNACK

    Scenario: A message came while the device was away
      Given "thermostat" is online with:
        | clean | false |
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And "thermostat" sends DISCONNECT
      And the hub closes the connection of "thermostat"
      And the service sends "thermostat" the message "while you were away"
      When "thermostat" is online with:
        | clean | false |
      Then "thermostat" receives PUBLISH with:
        | payload | while you were away |

  @WIRE-SESS-04
  Rule: A clean session has no subscriptions

    Scenario: After a persistent one
      Given "thermostat" is online with:
        | clean | false |
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And "thermostat" sends DISCONNECT
      And the hub closes the connection of "thermostat"
      And the service sends "thermostat" the message "hello"
      When "thermostat" connects with:
        | clean | true |
      Then "thermostat" receives CONNACK with:
        | session present | false |
      And "thermostat" receives no PUBLISH
      When "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And the service sends "thermostat" the message "again"
      Then "thermostat" receives PUBLISH with:
        | payload | again |

  @WIRE-SESS-05
  Rule: A clean session leaves waiting messages alone

    Scenario: The queue's length is the same before and after
      Given the service sends "thermostat" the message "hello"
      When "thermostat" is online with:
        | clean | true |
      And the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | cloudToDeviceMessageCount | 1 |

  @WIRE-SESS-06
  Rule: A device gets the messages that are sent after it has subscribed

    Scenario: Rejected at the first subscription
      Given the service sends "thermostat" the message "before"
      And "thermostat" is online
      When "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      And the service sends "thermostat" the message "after"
      Then "thermostat" receives PUBLISH with:
        | payload | after |
      When the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | cloudToDeviceMessageCount | 1 |

  @WIRE-SESS-07 @clock
  Rule: A silent client is disconnected after one and a half times its keep-alive

    Scenario: Keep-alive 60 s
      Given "thermostat" is online with:
        | keep-alive | 60 |
      When 89 seconds pass at the hub
      Then "thermostat" is still online
      When 92 seconds pass at the hub
      Then the hub closes the connection of "thermostat" without a packet

  @WIRE-SESS-08 @clock
  Rule: The hub waits no longer than 1767 seconds

    Scenario: The longest keep-alive that MQTT knows
      Given "thermostat" is online with:
        | keep-alive | 65535 |
      When 1766 seconds pass at the hub
      Then "thermostat" is still online
      When 1769 seconds pass at the hub
      Then the hub closes the connection of "thermostat" without a packet

  @WIRE-SESS-09 @clock
  Rule: Keep-alive 0 is the longest there is

    Scenario: No keep-alive
      Given "thermostat" is online with:
        | keep-alive | 0 |
      When 1766 seconds pass at the hub
      Then "thermostat" is still online
      When 1769 seconds pass at the hub
      Then the hub closes the connection of "thermostat" without a packet

  @WIRE-SESS-10 @clock
  Rule: A ping is answered, and any packet starts the wait anew

    Scenario: A ping
      Given "thermostat" is online
      When "thermostat" sends PINGREQ
      Then "thermostat" receives PINGRESP

    Scenario: A message instead of a ping
      Given "thermostat" is online with:
        | keep-alive | 60 |
      When 80 seconds pass at the hub
      And "thermostat" publishes to "devices/{thermostat}/messages/events/"
      And "thermostat" receives PUBACK
      And 80 seconds pass at the hub
      Then "thermostat" is still online

  @WIRE-SESS-11
  Rule: A publish with QoS 2 ends the connection

    Scenario: Telemetry with QoS 2
      Given "thermostat" is online
      When "thermostat" sends PUBLISH with:
        | topic | devices/{thermostat}/messages/events/ |
        | qos   | 2                                     |
      Then the hub closes the connection of "thermostat"
      And "thermostat" receives no PUBREC
      And the service reads no further message

  @WIRE-SESS-12
  Rule: A subscription with QoS 2 is granted QoS 1

    Scenario: Asked for 2
      Given "thermostat" is online
      When "thermostat" sends SUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/# | 2 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 |

  @WIRE-SESS-13
  Rule: QoS 0 and 1 are granted as asked for

    Scenario Outline: Asked for <qos>
      Given "thermostat" is online
      When "thermostat" sends SUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/# | <qos> |
      Then "thermostat" receives SUBACK with:
        | granted | <qos> |

      Examples:
        | qos |
        | 0   |
        | 1   |

  @WIRE-SESS-14
  Rule: A filter that the hub does not offer ends the connection

    Scenario Outline: <filter>
      Given "thermostat" is online
      When "thermostat" sends SUBSCRIBE with:
        | filter <filter> | 1 |
      Then the hub closes the connection of "thermostat"
      And "thermostat" receives no SUBACK

      Examples:
        | filter                                 |
        | #                                      |
        | devices/somebody/messages/devicebound/# |
        | $iothub/#                              |
        | $SYS/#                                 |

    Scenario Outline: <filter> is granted
      Given "thermostat" is online
      When "thermostat" sends SUBSCRIBE with:
        | filter <filter> | 1 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 |

      Examples:
        | filter                                      |
        | $iothub/twin/#                              |
        | $iothub/methods/#                           |
        | $iothub/twin/PATCH/properties/desired/+     |
        | devices/{thermostat}/messages/events/#      |
        | devices/{thermostat}/messages/deviceBound/# |

  @WIRE-SESS-15
  Rule: One SUBSCRIBE may hold several filters

    Scenario: Three at once
      Given "thermostat" is online
      When "thermostat" sends SUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/# | 1 |
        | filter $iothub/methods/POST/#                      | 0 |
        | filter $iothub/twin/res/#                          | 0 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 0 0 |

  @WIRE-SESS-16
  Rule: Five subscriptions are allowed

    Scenario: Five different filters
      Given "thermostat" is online
      When "thermostat" sends SUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/#  | 1 |
        | filter $iothub/methods/POST/#                       | 1 |
        | filter $iothub/twin/res/#                           | 1 |
        | filter $iothub/twin/PATCH/properties/desired/#      | 1 |
        | filter devices/+/messages/devicebound/#             | 1 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 1 1 1 1 |

    Scenario: A sixth ends the connection
      Given "thermostat" is online
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/# $iothub/methods/POST/# $iothub/twin/res/# $iothub/twin/PATCH/properties/desired/# devices/+/messages/devicebound/#"
      When "thermostat" sends SUBSCRIBE with:
        | filter $iothub/methods/POST/reboot/# | 1 |
      Then the hub closes the connection of "thermostat"

    Scenario: The same five again are no sixth
      Given "thermostat" is online
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/# $iothub/methods/POST/# $iothub/twin/res/# $iothub/twin/PATCH/properties/desired/# devices/+/messages/devicebound/#"
      When "thermostat" sends SUBSCRIBE with:
        | filter $iothub/methods/POST/# | 1 |
        | filter $iothub/twin/res/#     | 1 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 1 |
      And "thermostat" is still online

  @WIRE-SESS-17
  Rule: UNSUBSCRIBE ends the delivery, not the connection

    Scenario: No more messages
      Given "thermostat" is online
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When "thermostat" sends UNSUBSCRIBE with:
        | filter devices/{thermostat}/messages/devicebound/# | |
      Then "thermostat" receives UNSUBACK
      When the service sends "thermostat" the message "hello"
      Then "thermostat" receives no PUBLISH

  @WIRE-SESS-18
  Rule: At most 16 messages are unacknowledged

    Scenario: The 17th waits for an acknowledgement
      Given "thermostat" is online
      And "thermostat" subscribes to "devices/{thermostat}/messages/devicebound/#"
      When the service sends "thermostat" 17 messages
      Then "thermostat" receives 16 PUBLISH packets and no more
      When "thermostat" acknowledges the message
      Then "thermostat" receives PUBLISH with:
        | payload | message 17 |

  @WIRE-SESS-19
  Rule: A will goes to the device's own telemetry topic

    Scenario: To its own
      When "thermostat" connects with:
        | will topic | devices/{thermostat}/messages/events/a=b |
      Then "thermostat" is accepted

    Scenario Outline: To <topic>
      When "thermostat" connects with:
        | will topic   | <topic> |
        | will payload | lost    |
      Then "thermostat" is accepted
      When "thermostat" loses its connection
      And "thermostat" connects
      Then "thermostat" is accepted
      And the service reads no further message

      Examples:
        | topic                             |
        | devices/somebody/messages/events/ |
        | any/topic                         |
        | $iothub/twin/GET/?$rid=1          |

  @WIRE-SESS-20
  Rule: The will of a lost connection becomes telemetry

    Scenario: The connection drops
      Given "thermostat" is online with:
        | will topic   | devices/{thermostat}/messages/events/reason=power |
        | will payload | lost                                              |
      When "thermostat" loses its connection
      Then the service reads a message with:
        | from                         | {thermostat} |
        | body                         | lost         |
        | property.iothub-MessageType  | Will         |
        | property.reason              | power        |

  @WIRE-SESS-21
  Rule: A retained message is marked, not retained

    Scenario: RETAIN on telemetry
      Given "thermostat" is online
      When "thermostat" sends PUBLISH with:
        | topic   | devices/{thermostat}/messages/events/ |
        | payload | kept?                                 |
        | retain  | true                                  |
      Then "thermostat" receives PUBACK
      And the service reads a message with:
        | body                 | kept? |
        | property.mqtt-retain | true  |

  @WIRE-SESS-22
  Rule: A message sent again is acknowledged again

    Scenario: The same message, then with DUP
      Given "thermostat" is online
      When "thermostat" sends PUBLISH with:
        | topic | devices/{thermostat}/messages/events/ |
        | id    | 7                                     |
      Then "thermostat" receives PUBACK with:
        | id | 7 |
      When "thermostat" sends PUBLISH with:
        | topic | devices/{thermostat}/messages/events/ |
        | id    | 7                                     |
        | dup   | true                                  |
      Then "thermostat" receives PUBACK with:
        | id | 7 |
      And "thermostat" is still online

  @WIRE-SESS-23
  Rule: A packet of more than 256 KB ends the connection

    Scenario: Just within
      Given "thermostat" is online
      When "thermostat" sends PUBLISH with:
        | topic   | devices/{thermostat}/messages/events/ |
        | payload | {x*262000}                            |
      Then "thermostat" receives PUBACK

    Scenario: Beyond
      Given "thermostat" is online
      When "thermostat" sends PUBLISH with:
        | topic   | devices/{thermostat}/messages/events/ |
        | payload | {x*262145}                            |
      Then the hub closes the connection of "thermostat"
      And "thermostat" receives no PUBACK
      And the service reads no further message

  @WIRE-SESS-24
  Rule: A publish to a topic with wildcards ends the connection

    Scenario Outline: <topic>
      Given "thermostat" is online
      When "thermostat" publishes to "<topic>"
      Then the hub closes the connection of "thermostat"
      And "thermostat" receives no PUBACK
      And the service reads no further message

      Examples:
        | topic                                     |
        | devices/{thermostat}/messages/events/a=#1 |
        | devices/{thermostat}/messages/events/a=1+ |
