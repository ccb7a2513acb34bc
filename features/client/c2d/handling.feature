@sut:client
Feature: Handling messages
  The client is responsible for telling a device's application of every message the service sends it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-on-message-received

  @DEV-ONMSG-01
  Rule: The handler is called when a message is received, and the message is then done with

    @identity:device
    Scenario: The back end sends two messages
      Given a connected device client
      And the application listens for messages
      When the back end sends the message "one"
      And the back end sends the message "two"
      Then the application is told of messages 2 times
      And the hub has seen 2 PUBACK packets

    @identity:device @fault:tcp @needs:connection.retry
    Scenario: A message that was handled does not come again
      Given a connected device client
      And the application listens for messages
      When the back end sends the message "one"
      Then the hub has seen 1 PUBACK packet
      When the connection is cut
      And 10 seconds pass
      Then it is connected
      And the application is told of messages 1 time

    @identity:device
    Scenario: A message that was sent while the device was away
      Given a connected device client
      And the application listens for messages
      When it disconnects and this succeeds
      And the back end sends the message "while away"
      And it connects and this succeeds
      Then the application is told of messages with:
        | text | while away |

  @DEV-ONMSG-02
  Rule: The handler is given one argument, the message

    @identity:device
    Scenario: Ids, encodings and properties
      Given a connected device client
      And the application listens for messages
      When the back end sends a message with:
        | text            | {}               |
        | messageId       | id 1             |
        | correlationId   | a/b              |
        | ack             | positive         |
        | contentType     | application/json |
        | contentEncoding | utf-8            |
        | property a&b=c  | x=1&y=2          |
        | property größe  | 100 % #1 + é     |
        | property empty  |                  |
      Then the application is told of messages with:
        | argumentCount   | 1                                                     |
        | isBytes         | true                                                  |
        | text            | "{}"                                                  |
        | messageId       | id 1                                                  |
        | correlationId   | a/b                                                   |
        | contentType     | application/json                                      |
        | contentEncoding | utf-8                                                 |
        | properties      | {"a&b=c":"x=1&y=2","größe":"100 % #1 + é","empty":""} |

  @DEV-ONMSG-03
  Rule: The handler may be a function or a coroutine function

    Scenario Outline: The application <manner> messages
      Given a connected device client
      And the application <manner> messages
      When the back end sends the message "hello"
      Then the application is told of messages with:
        | text | hello |

      @identity:device
      Examples: device
        | identity | manner                       |
        | device   | listens for                  |
        | device   | listens with a coroutine for |
