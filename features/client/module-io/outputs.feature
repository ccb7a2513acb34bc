@sut:client
Feature: Sending to outputs
  The client is responsible for bringing a module's messages to the output that the application names.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#azure-iot-device-iothubmoduleclient-send-message-to-output

  @MOD-OUT-01
  Rule: The message goes to the named output of the module

    @identity:module
    Scenario: One message
      Given a connected module client
      When it sends the message "21 °C" to the output "output1"
      Then the call gives nothing
      And the hub receives a message with:
        | text       | 21 °C             |
        | from       | {device}/{module} |
        | outputName | output1           |

  @MOD-OUT-02
  Rule: These messages are output events, and routes send them to the inputs of modules

    @identity:module
    Scenario: A route leads from the output back to an input
      Given a connected module client
      And the application listens for messages
      And the Edge hub has the route 'FROM /messages/modules/{module}/outputs/output1 INTO BrokeredEndpoint("/modules/{module}/inputs/input1")'
      When it sends the message "round" to the output "output1"
      And it sends the message "astray" to the output "output2"
      Then the application is told of messages with:
        | text      | round  |
        | inputName | input1 |
      And the application is told of messages 1 time

  @MOD-OUT-03
  Rule: The call returns only when the hub has acknowledged the message

    @identity:module @fault:mqtt
    Scenario: The hub takes its time
      Given a connected module client
      And the hub is going to acknowledge 5 seconds late
      When it sends a message to an output
      Then the call succeeds after 5 seconds

  @MOD-OUT-04
  Rule: A client that was never connected connects first

    @identity:module @needs:connection.auto-connect
    Scenario: Sending without connecting
      Given a module client
      When it sends the message "first" to the output "output1"
      Then the call succeeds
      And the hub receives the message "first"
      And the hub has seen 1 connection attempt

  @MOD-OUT-05
  Rule: A value that is not a message becomes the payload of one

    @identity:module
    Scenario: Text
      Given a connected module client
      When it sends a message with:
        | as     | text    |
        | text   | 21 °C   |
        | output | output1 |
      Then the call succeeds
      And the hub receives a message with:
        | text       | 21 °C   |
        | outputName | output1 |
        | properties | {}      |

  @MOD-OUT-06
  Rule: The output's name arrives as it was given

    @identity:module
    Scenario: A name that must be encoded
      Given a connected module client
      When it sends the message "hot" to the output "water & steam/50 %"
      Then the call succeeds
      And the hub receives a message with:
        | text       | hot                |
        | outputName | water & steam/50 % |
