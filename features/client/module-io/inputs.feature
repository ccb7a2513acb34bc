@sut:client
Feature: Handling input messages
  The client is responsible for telling a module's application of every message that reaches one of its inputs.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#azure-iot-device-iothubmoduleclient-on-message-received

  @MOD-ONMSG-01
  Rule: The handler is called for every message of every input

    @identity:module
    Scenario: Two inputs
      Given a connected module client
      And the application listens for messages
      When another module sends "one" to the input "input1"
      And another module sends "two" to the input "input2"
      Then the application is told of messages 2 times

  @MOD-ONMSG-02
  Rule: The handler is given one argument, the message with its input

    @identity:module
    Scenario: An input whose name must be encoded
      Given a connected module client
      And the application listens for messages
      When another module sends "21 °C" to the input "water & steam"
      Then the application is told of messages with:
        | argumentCount | 1             |
        | isBytes       | true          |
        | text          | 21 °C         |
        | inputName     | water & steam |

  @MOD-ONMSG-03
  Rule: The handler may be a function or a coroutine function

    Scenario Outline: The application <manner> messages
      Given a connected module client
      And the application <manner> messages
      When another module sends "hello" to the input "input1"
      Then the application is told of messages with:
        | text | hello |

      @identity:module
      Examples: module
        | identity | manner                       |
        | module   | listens for                  |
        | module   | listens with a coroutine for |

  @MOD-IN-01
  Rule: A receive call gives a message that another module sent to the input

    @identity:module
    Scenario: The module waits, and another one sends
      Given a connected module client
      When it waits for an input message
      And another module sends "21 °C" to the input "input1"
      Then the call gives:
        | text      | 21 °C  |
        | inputName | input1 |

  @MOD-IN-02
  Rule: Each receive call gives a deprecation notice

    @identity:module
    Scenario: Two looks
      Given a connected module client
      When it looks for an input message without waiting
      And it looks for an input message without waiting
      Then a deprecation notice is given 2 times

  @MOD-IN-03
  Rule: Only messages of the named input are returned

    @identity:module
    Scenario: A message for another input comes first
      Given a connected module client
      When it waits for an input message
      And another module sends "not this" to the input "input2"
      Then the call is still waiting
      When another module sends "this" to the input "input1"
      Then the call gives:
        | text      | this   |
        | inputName | input1 |

  @MOD-IN-04
  Rule: Whether a receive call waits is the caller's choice, and it does by default

    @identity:module
    Scenario: A look without waiting
      Given a connected module client
      When it looks for an input message without waiting
      Then the call gives nothing
      And it is connected

    @identity:module
    Scenario: The first message comes after an hour
      Given a connected module client
      When it receives an input message
      And 1 hour passes
      Then the call is still waiting
      When another module sends "at last" to the input "input1"
      Then the call gives:
        | text | at last |

  @MOD-IN-05 @clock
  Rule: The time-out is the number of seconds after which waiting ends

    @identity:module
    Scenario: Nobody sends
      Given a connected module client
      When it waits for an input message for 3 seconds
      Then the call gives nothing after 3 seconds

  @MOD-IN-06
  Rule: The result is the message, or nothing when none came in time

    @identity:module
    Scenario: A message comes, then none
      Given a connected module client
      When it waits for an input message for 3 seconds
      And another module sends "one" to the input "input1"
      Then the call gives:
        | text | one |
      When it waits for an input message for 3 seconds
      Then the call gives nothing after 3 seconds
