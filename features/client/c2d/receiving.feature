@sut:client
Feature: Receiving messages by calls
  The client is responsible for handing out messages one by one to an application that asks for them.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-receive-message

  @DEV-RMSG-01
  Rule: A message that the hub sends comes with its data and properties

    @identity:device
    Scenario: The device waits, and the back end sends
      Given a connected device client
      When it waits for a message
      And the back end sends a message with:
        | text           | 21 °C   |
        | messageId      | id 1    |
        | property a&b=c | x=1&y=2 |
        | property empty |         |
      Then the call gives:
        | text       | 21 °C                          |
        | messageId  | id 1                           |
        | properties | {"a&b=c":"x=1&y=2","empty":""} |

    @identity:device
    Scenario: Messages keep their order
      Given a connected device client
      When it looks for a message without waiting
      And the back end sends the message "one"
      And the back end sends the message "two"
      And it looks for a message without waiting
      Then the call gives:
        | text | one |

  @DEV-RMSG-02
  Rule: Each call gives a deprecation notice

    @identity:device
    Scenario: Two looks
      Given a connected device client
      When it looks for a message without waiting
      And it looks for a message without waiting
      Then a deprecation notice is given 2 times

  @DEV-RMSG-03
  Rule: Without arguments the call waits until a message is received, without end

    @identity:device
    Scenario: The first message comes after an hour
      Given a connected device client
      When it receives a message
      And 1 hour passes
      Then the call is still waiting
      When the back end sends the message "at last"
      Then the call gives:
        | text | at last |

  @DEV-RMSG-04 @clock
  Rule: The time-out is the number of seconds after which waiting ends

    @identity:device
    Scenario: Nobody sends
      Given a connected device client
      When it waits for a message for 3 seconds
      Then the call gives nothing after 3 seconds

  @DEV-RMSG-05
  Rule: The result is the message, or nothing when none came in time

    @identity:device
    Scenario: A message comes, then none
      Given a connected device client
      When it waits for a message for 3 seconds
      And the back end sends the message "one"
      Then the call gives:
        | text | one |
      When it waits for a message for 3 seconds
      Then the call gives nothing after 3 seconds

    @identity:device
    Scenario: A look without waiting
      Given a connected device client
      When it looks for a message without waiting
      Then the call gives nothing
      And it is connected
