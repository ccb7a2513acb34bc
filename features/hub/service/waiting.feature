@sut:hub @wire
Feature: What waits, and what is given back
  The hub is responsible for what waits reaching its reader when it comes, and for what is given back coming again.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-c2d

  Background:
    Given a registered identity "lamp"
    And a registered identity "lamp/bulb"

  @WIRE-C2D-23 @WIRE-C2D-20
  Rule: What was sent to a module while it was away comes when it is back

    Scenario: Two messages, in their order
      Given "lamp/bulb" is online with:
        | clean | false |
      And "lamp/bulb" subscribes to "devices/{lamp}/modules/bulb/messages/devicebound/#"
      And "lamp/bulb" sends DISCONNECT
      And the hub closes the connection of "lamp/bulb"
      And the service sends "lamp/bulb" the message "one"
      And the service sends "lamp/bulb" the message "two"
      When "lamp/bulb" is online with:
        | clean | false |
      Then "lamp/bulb" receives PUBLISH with:
        | payload | one |
      And "lamp/bulb" receives PUBLISH with:
        | payload | two |

    @clock
    Scenario: A message that the module did not acknowledge
      Given "lamp/bulb" is online with:
        | clean | false |
      And "lamp/bulb" subscribes to "devices/{lamp}/modules/bulb/messages/devicebound/#"
      When the service sends "lamp/bulb" the message "hello"
      Then "lamp/bulb" receives PUBLISH
      When "lamp/bulb" loses its connection
      And "lamp/bulb" is online with:
        | clean | false |
      Then "lamp/bulb" receives PUBLISH with:
        | payload | hello |
        | dup     | true  |
        | qos     | 1     |

    Scenario: The device gets nothing that is for its module
      Given "lamp" is online
      And "lamp" subscribes to "devices/{lamp}/messages/devicebound/#"
      When the service sends "lamp/bulb" the message "for the module"
      And the service sends "lamp" the message "for the device"
      Then "lamp" receives PUBLISH with:
        | payload | for the device |
      And "lamp" receives no PUBLISH

  @WIRE-SESS-02 @WIRE-SESS-12
  Rule: A session that goes on keeps the QoS that was granted

    Scenario Outline: QoS <qos>
      Given "lamp" is online with:
        | clean | false |
      When "lamp" sends SUBSCRIBE with:
        | filter devices/{lamp}/messages/devicebound/# | <qos> |
      Then "lamp" receives SUBACK
      When "lamp" loses its connection
      And "lamp" is online with:
        | clean | false |
      And the service sends "lamp" the message "hello"
      Then "lamp" receives PUBLISH with:
        | payload | hello |
        | qos     | <qos> |
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | cloudToDeviceMessageCount | <left> |

      Examples:
        | qos | left |
        | 0   | 0    |
        | 1   | 1    |

  @WIRE-AMQP-06 @WIRE-AMQP-07 @hub:amqp
  Rule: What a back end gives back comes again; what it rejects does not

    @hub:alone
    Scenario Outline: News of a file that a back end <outcome>
      Given the service is connected over AMQP
      And the service listens at "/messages/serviceBound/filenotifications" over AMQP
      When "lamp" uploads "21 degrees" as "a.txt" with status 200
      Then the service receives from "/messages/serviceBound/filenotifications" over AMQP:
        | body.blobName | {lamp}/a.txt |
      When the service <outcome> it over AMQP
      Then the service receives from "/messages/serviceBound/filenotifications" over AMQP:
        | body.blobName | {lamp}/a.txt |
      When the service accepts it over AMQP
      Then the service receives nothing more from "/messages/serviceBound/filenotifications" over AMQP

      Examples:
        | outcome  |
        | releases |
        | abandons |

    @hub:alone
    Scenario Outline: News of a file that a back end <outcome>, over HTTPS afterwards
      Given the service is connected over AMQP
      And the service listens at "/messages/serviceBound/filenotifications" over AMQP
      When "lamp" uploads "21 degrees" as "a.txt" with status 200
      Then the service receives from "/messages/serviceBound/filenotifications" over AMQP:
        | body.blobName | {lamp}/a.txt |
      When the service <outcome> it over AMQP
      Then the service receives nothing more from "/messages/serviceBound/filenotifications" over AMQP
      When the service requests GET "/messages/serviceBound/filenotifications"
      Then the answer is 204

      Examples:
        | outcome |
        | rejects |
        | accepts |

    @hub:alone
    Scenario: Feedback that a back end releases
      Given the service is connected over AMQP
      And the service listens at "/messages/serviceBound/feedback" over AMQP
      When the service sends "lamp" the message "hello" over AMQP with:
        | message id | m1   |
        | ack        | full |
      And "lamp" requests GET "/devices/{lamp}/messages/devicebound"
      And "lamp" requests DELETE "/devices/{lamp}/messages/devicebound/{header.etag}"
      And 16 seconds pass at the hub
      Then the service receives from "/messages/serviceBound/feedback" over AMQP:
        | body.0.originalMessageId | m1 |
      When the service releases it over AMQP
      Then the service receives from "/messages/serviceBound/feedback" over AMQP:
        | body.0.originalMessageId | m1 |

  @WIRE-METH-01
  Rule: A device that listens to one method is called with that one alone

    Scenario: Two methods
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/methods/POST/dim/#"
      When the service calls the method "reboot" of "lamp" with:
        | body payload | 1 |
      Then the answer is 404 DeviceNotOnline
      And "lamp" receives no PUBLISH
      When the service calls the method "dim" of "lamp" with:
        | body payload | 2 |
      Then "lamp" receives PUBLISH with:
        | topic   | /^\$iothub\/methods\/POST\/dim\// |
        | payload | 2                                 |
      When "lamp" answers the method with:
        | status | 200 |
      Then the answer has:
        | status | 200 |
