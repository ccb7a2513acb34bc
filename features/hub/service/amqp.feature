@sut:hub @wire @hub:amqp
Feature: AMQP
  The hub is responsible for back ends and devices speaking AMQP as the SDKs do, with the outcomes that they wait for.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-amqp-support

  Background:
    Given a registered identity "lamp"
    And the service is connected over AMQP

  @WIRE-AMQP-02 @WIRE-AMQP-03
  Rule: A token on $cbs is answered with its status

    Scenario: The token of a device
      Then the token of "lamp" for "lamp" is answered with 200 over AMQP

    Scenario: The token of another device
      Given a registered identity "fan"
      Then the token of "fan" for "lamp" is answered with 401 over AMQP

    Scenario: A device opens no link of another
      Given a registered identity "fan"
      And "fan" is connected over AMQP
      Then a link of "fan" to "/devices/{lamp}/messages/devicebound" is refused over AMQP with "amqp:unauthorized-access"

  @WIRE-AMQP-04
  Rule: A message to a device is accepted, and arrives

    Scenario: Over MQTT
      Given "lamp" is online
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp" the message "hello" over AMQP with:
        | message id      | m1    |
        | property colour | a & b |
      Then the outcome over AMQP is "accepted"
      And "lamp" receives PUBLISH with:
        | payload            | hello |
        | properties."$.mid" | m1    |
        | properties.colour  | a & b |

    Scenario: Over AMQP
      Given "lamp" is connected over AMQP
      When the service sends "lamp" the message "hello" over AMQP with:
        | message id      | m1    |
        | property colour | 50%25 |
      Then "lamp" receives over AMQP:
        | text                            | hello |
        | message id                      | m1    |
        | property.colour                 | 50%25 |
        | annotation.iothub-deliverycount | 0     |
        | tag length                      | 16    |
      When "lamp" accepts it over AMQP
      And the service requests GET "/devices/{lamp}"
      Then the answer has:
        | cloudToDeviceMessageCount | 0 |

  @WIRE-C2D-18
  Rule: There is no sending to an unknown device

    Scenario: Never registered
      When the service sends "nobody" the message "hello" over AMQP
      Then the outcome over AMQP is "amqp:not-found"

  @WIRE-C2D-13
  Rule: A queue that is full refuses

    Scenario: The 51st message
      When the service sends "lamp" 50 messages
      And the service sends "lamp" the message "one too many" over AMQP
      Then the outcome over AMQP is "amqp:resource-limit-exceeded"

  @WIRE-AMQP-06
  Rule: Feedback comes in batches of JSON

    @hub:alone
    Scenario: A message that was completed
      Given the service listens at "/messages/serviceBound/feedback" over AMQP
      And "lamp" is online
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp" the message "hello" over AMQP with:
        | message id | m1   |
        | ack        | full |
      Then "lamp" receives PUBLISH
      When "lamp" acknowledges the message
      And 16 seconds pass at the hub
      Then the service receives from "/messages/serviceBound/feedback" over AMQP:
        | content type             | application/vnd.microsoft.iothub.feedback.json |
        | body.length              | 1                                              |
        | body.0.originalMessageId | m1                                             |
        | body.0.statusCode        | Success                                        |
        | body.0.deviceId          | {lamp}                                         |
        | body.0.deviceGenerationId | /^\d+$/                                       |

  @WIRE-AMQP-07
  Rule: Back ends hear of files

    @hub:alone
    Scenario: A file that was uploaded
      Given the service listens at "/messages/serviceBound/filenotifications" over AMQP
      When "lamp" uploads "21 degrees" as "a.txt" with status 200
      Then the service receives from "/messages/serviceBound/filenotifications" over AMQP:
        | body.deviceId        | {lamp}       |
        | body.blobName        | {lamp}/a.txt |
        | body.blobSizeInBytes | 10           |
      When the service accepts it over AMQP
      Then the service receives nothing more from "/messages/serviceBound/filenotifications" over AMQP

  @WIRE-C2D-11 @WIRE-C2D-21
  Rule: Each delivery is settled for itself

    Scenario: Two messages under lock, the first given back
      Given "lamp" is connected over AMQP
      When the service sends "lamp" the message "one" over AMQP
      And the service sends "lamp" the message "two" over AMQP
      Then "lamp" receives over AMQP:
        | text | one |
      When "lamp" abandons it over AMQP
      Then "lamp" receives over AMQP:
        | text | two |
      And "lamp" receives over AMQP:
        | text | one |

  @WIRE-C2D-11
  Rule: A lock that a lost connection held is free at once

    Scenario: The next reader gets the message
      Given "lamp" is connected over AMQP
      When the service sends "lamp" the message "hello" over AMQP
      Then "lamp" receives over AMQP:
        | text | hello |
      When "lamp" loses its connection over AMQP
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text | hello |

    Scenario Outline: <what> ends, and the connection stays
      Given "lamp" is connected over AMQP
      When the service sends "lamp" the message "hello" over AMQP
      Then "lamp" receives over AMQP:
        | text | hello |
      When "lamp" closes the <what> that it receives on over AMQP
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      Then the answer has:
        | text | hello |

      Examples:
        | what    |
        | link    |
        | session |

    @hub:alone
    Scenario: News that a back end did not settle comes again
      Given the service listens at "/messages/serviceBound/feedback" over AMQP
      When the service sends "lamp" the message "hello" over AMQP with:
        | message id | m1   |
        | ack        | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And 16 seconds pass at the hub
      Then the service receives from "/messages/serviceBound/feedback" over AMQP:
        | body.0.originalMessageId | m1 |
      When the service closes the link that it receives on over AMQP
      And the service requests GET "/messages/serviceBound/feedback"
      Then the answer has:
        | 0.originalMessageId | m1 |

  @WIRE-AMQP-11
  Rule: A message above 256 KB is rejected

    Scenario: One byte too many
      Given "lamp" is connected over AMQP
      When "lamp" sends the telemetry "{x*262145}" over AMQP with:
        | property a | 1 |
      Then the outcome over AMQP is "amqp:link:message-size-exceeded"
      And the service reads no further message
