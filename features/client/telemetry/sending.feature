@sut:client
Feature: Sending telemetry
  The client is responsible for bringing an application's messages to the hub, and for saying so only when they are there.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-send-message

  @BOTH-SEND-01
  Rule: A message goes to the default events endpoint of the identity

    Scenario Outline: The <identity> sends one
      Given a connected <identity> client
      When it sends the message "21 °C"
      Then the call gives nothing
      And the hub receives a message with:
        | text | 21 °C  |
        | from | <from> |

      @identity:device
      Examples: device
        | identity | from     |
        | device   | {device} |

      @identity:module
      Examples: module
        | identity | from              |
        | module   | {device}/{module} |

  @BOTH-SEND-02
  Rule: The call returns only when the hub has acknowledged the message

    @fault:mqtt
    Scenario Outline: The hub takes its time with the message of the <identity>
      Given a connected <identity> client
      And the hub is going to acknowledge 5 seconds late
      When it sends a message
      Then the call succeeds after 5 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-03
  Rule: A client that was never connected connects first

    @needs:connection.auto-connect
    Scenario Outline: The <identity> sends without connecting
      Given a <identity> client
      When it sends the message "first"
      Then the call succeeds
      And the hub receives the message "first"
      And the hub has seen 1 connection attempt
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-04
  Rule: A value that is not a message becomes the payload of one

    Scenario Outline: The <identity> is given <as>
      Given a connected <identity> client
      When it sends a message with:
        | as   | <as>   |
        | text | <text> |
      Then the call succeeds
      And the hub receives a message with:
        | text       | "<text>" |
        | properties | {}       |

      @identity:device
      Examples: device
        | identity | as     | text  |
        | device   | text   | 21 °C |
        | device   | bytes  | 0xFF  |
        | device   | number | 21.5  |

      @identity:module
      Examples: module
        | identity | as     | text  |
        | module   | text   | 21 °C |
        | module   | bytes  | 0xFF  |
        | module   | number | 21.5  |

  @BOTH-SEND-05
  Rule: A message is sent as it is, with its properties

    Scenario Outline: The <identity> sends ids, encodings and properties of its own
      Given a connected <identity> client
      When it sends a message with:
        | text            | 21 °C            |
        | messageId       | id 1             |
        | correlationId   | a/b              |
        | contentType     | application/json |
        | contentEncoding | utf-8            |
        | property a&b=c  | x=1&y=2          |
        | property größe  | 100 % #1 + é     |
      Then the call succeeds
      And the hub receives a message with:
        | text            | 21 °C                                      |
        | messageId       | id 1                                       |
        | correlationId   | a/b                                        |
        | contentType     | application/json                           |
        | contentEncoding | utf-8                                      |
        | properties      | {"a&b=c":"x=1&y=2","größe":"100 % #1 + é"} |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-12
  Rule: A message of more than 256 KB is refused by the client

    Scenario Outline: The <identity> sends a message one byte too large
      Given a connected <identity> client
      When it sends a message of 262145 bytes
      Then the call fails with ValueError
      And the hub has stored 0 messages
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-13
  Rule: A message within 256 KB is accepted

    Scenario Outline: The <identity> sends a message of almost 256 KB
      Given a connected <identity> client
      When it sends a message of 262000 bytes
      Then the call succeeds
      And the hub receives a message with:
        | bytes | 262000 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
