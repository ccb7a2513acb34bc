@sut:hub @wire
Feature: Messages down and what became of them
  The hub is responsible for each message being done with once, by the one who holds its lock, and for the news of it.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-c2d

  Background:
    Given a registered identity "lamp"

  @WIRE-HTTP-05 @WIRE-HTTP-06
  Rule: A device gets its messages over HTTPS one by one

    Scenario: None
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer is 204

    Scenario: Two
      When the service sends "lamp" the message "one" with:
        | header iothub-messageid  | m1    |
        | header iothub-app-rate   | 50%25 |
      And the service sends "lamp" the message "two"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer is 200
      And the answer has:
        | text                         | one     |
        | header etag                  | /^".+"$/ |
        | header iothub-messageid      | m1      |
        | header iothub-app-rate       | 50%25   |
        | header iothub-deliverycount  | 0       |
        | header iothub-sequencenumber | present |
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text | two |

  @WIRE-HTTP-07 @WIRE-HTTP-09
  Rule: A message is completed, rejected or abandoned by its lock token

    @hub:alone
    Scenario Outline: <verb> <path>
      When the service sends "lamp" the message "hello" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests <verb> "/devices/{lamp}/messages/devicebound/{header.etag}<path>"
      Then the answer is 204
      When 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.originalMessageId | m1       |
        | 0.statusCode        | <status> |
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer is 204

      Examples:
        | verb   | path    | status   |
        | DELETE |         | Success  |
        | DELETE | ?reject | Rejected |

    @hub:alone
    Scenario: News of two messages comes in the order of their ends
      When the service sends "lamp" the message "one" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And the service sends "lamp" the message "two" with:
        | header iothub-messageid | m2   |
        | header iothub-ack       | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | length              | 2  |
        | 0.originalMessageId | m1 |
        | 1.originalMessageId | m2 |

    @hub:alone
    Scenario: News comes again for a later message
      When the service sends "lamp" the message "one" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And 16 seconds pass at the hub
      And the service sends "lamp" the message "two" with:
        | header iothub-messageid | m2   |
        | header iothub-ack       | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | length              | 1  |
        | 0.originalMessageId | m2 |

    @hub:alone
    Scenario: News that the back end rejects does not come again
      When the service sends "lamp" the message "one" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      And the service requests DELETE "/messages/serviceBound/feedback/{header.etag}?reject"
      Then the answer is 204
      When the service requests GET "/messages/serviceBound/feedback"
      Then the answer is 204

    Scenario: Given back
      When the service sends "lamp" the message "hello"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests POST "/devices/{lamp}/messages/devicebound/{header.etag}/abandon"
      Then the answer is 204
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text                        | hello |
        | header iothub-deliverycount | 1     |

    Scenario: Two under lock, the first given back
      When the service sends "lamp" the message "one"
      And the service sends "lamp" the message "two"
      And "lamp" holds two messages and gives the first back
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text                        | one |
        | header iothub-deliverycount | 1   |
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer is 204

  @WIRE-HTTP-08
  Rule: A lock that is unknown, used or run out settles nothing

    Scenario: Unknown
      When "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/nothing"
      Then the answer is 412 DeviceMessageLockLost

    Scenario: Used
      When the service sends "lamp" the message "hello"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" settles it twice
      Then the answer is 412 DeviceMessageLockLost

    @clock
    Scenario: Run out
      When the service sends "lamp" the message "hello"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" settles it after 61 seconds
      Then the answer is 412 DeviceMessageLockLost
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text | hello |

    Scenario: Of another device
      Given a registered identity "stranger"
      When the service sends "lamp" the message "hello"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "stranger" requests DELETE "/devices/{stranger}/messages/devicebound/{header.etag}"
      Then the answer is 412 DeviceMessageLockLost

  @WIRE-C2D-14 @clock
  Rule: A message that is given back after its time is over

    @hub:alone
    Scenario: Locked when it expired
      When the service sends "lamp" the message "hello" with:
        | header iothub-messageid | m1       |
        | header iothub-ack       | negative |
        | header iothub-expiry    | {utc+30} |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" gives it back after 31 seconds
      Then the answer is 204
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer is 204
      When 16 seconds pass at the hub
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.originalMessageId | m1      |
        | 0.statusCode        | Expired |

  @WIRE-C2D-20
  Rule: A message that is given back keeps its place

    Scenario: The first of two
      When the service sends "lamp" the message "one"
      And the service sends "lamp" the message "two"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests POST "/devices/{lamp}/messages/devicebound/{header.etag}/abandon"
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text                        | one |
        | header iothub-deliverycount | 1   |
      When "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text                        | two |
        | header iothub-deliverycount | 0   |

  @WIRE-C2D-11
  Rule: A lock that a lost connection held is free at once

    Scenario: A message that was not acknowledged
      Given "lamp" is online with:
        | clean | false |
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp" the message "hello"
      Then "lamp" receives PUBLISH with:
        | payload | hello |
        | dup     | false |
      When "lamp" loses its connection
      And "lamp" is online with:
        | clean | false |
      Then "lamp" receives PUBLISH with:
        | payload | hello |

    Scenario: Three that were not acknowledged come in their order
      Given "lamp" is online with:
        | clean | false |
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp" 3 messages
      Then "lamp" receives 3 PUBLISH packets and no more
      When "lamp" loses its connection
      And "lamp" is online with:
        | clean | false |
      Then "lamp" receives PUBLISH with:
        | payload | message 1 |
      And "lamp" receives PUBLISH with:
        | payload | message 2 |
      And "lamp" receives PUBLISH with:
        | payload | message 3 |

    Scenario: The next reader over HTTPS gets it
      Given "lamp" is online
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp" the message "hello"
      Then "lamp" receives PUBLISH
      When "lamp" loses its connection
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text | hello |

  @WIRE-C2D-14 @clock
  Rule: A message lives an hour, and a minute longer than that it is gone

    @hub:alone
    Scenario: Expired
      When the service sends "lamp" the message "hello" with:
        | header iothub-messageid | m1   |
        | header iothub-ack       | full |
      And 3540 seconds pass at the hub
      And the service requests GET "/devices/{lamp}"
      Then the answer has:
        | cloudToDeviceMessageCount | 1 |
      When 121 seconds pass at the hub
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer is 204
      When the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.statusCode | Expired |

  @WIRE-C2D-16
  Rule: A message has at most 64 KB

    Scenario Outline: A body of <bytes> bytes
      When the service sends "lamp" the message "{x*<bytes>}"
      Then the answer is <status>

      Examples:
        | bytes | status |
        | 65536 | 204    |
        | 65537 | 413    |

  @WIRE-HTTP-10
  Rule: Names of headers keep their case

    Scenario: As the C SDK compares them
      When the service sends "lamp" the message "hello" with:
        | header iothub-app-Key1 | value |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the raw header names of the answer have:
        | ETag            |
        | Content-Length  |
      And the answer has:
        | header transfer-encoding | absent |

  @WIRE-HTTP-01 @WIRE-HTTP-02
  Rule: Telemetry over HTTPS has the properties of its headers

    Scenario: Ids and properties
      When "lamp" requests POST "/devices/{lamp}/messages/events" with:
        | body                     | 21     |
        | header iothub-app-rate   | 50%25  |
        | header iothub-messageid  | m1     |
      Then the answer is 204
      And the service reads a message with:
        | from             | {lamp} |
        | text             | 21     |
        | property.rate    | 50%25  |
        | system.messageId | m1     |

  @WIRE-HTTP-03
  Rule: A batch is as many messages as it holds

    Scenario: Two
      When "lamp" requests POST "/devices/{lamp}/messages/events" with:
        | header content-type | application/vnd.microsoft.iothub.json                                        |
        | body                | [{"body":"b25l","properties":{"iothub-app-a":"1"}},{"body":"dHdv"}]          |
      Then the answer is 204
      And the service reads a message with:
        | text       | one |
        | property.a | 1   |
      And the service reads a message with:
        | text | two |
      And the service reads no further message
