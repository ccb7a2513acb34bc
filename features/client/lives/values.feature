@sut:client
Feature: Values that are not friendly
  The client is responsible for zero, false, the empty text and nothing at all being values, and for bytes being bytes.

  @BOTH-SEND-04
  Rule: A message may be empty, or a number that is zero

    Scenario Outline: The <identity> sends <what>
      Given a connected <identity> client
      When it sends a message with:
        | text | <text> |
        | as   | <as>   |
      Then the call succeeds
      And the hub receives a message with:
        | bytes | <bytes> |

      @identity:device
      Examples: device
        | identity | what      | as     | text | bytes |
        | device   | no text   | text   |      | 0     |
        | device   | no bytes  | bytes  |      | 0     |
        | device   | zero      | number | 0    | 1     |
        | device   | minus one | number | -1   | 2     |

      @identity:module
      Examples: module
        | identity | what      | as     | text | bytes |
        | module   | no text   | text   |      | 0     |
        | module   | no bytes  | bytes  |      | 0     |
        | module   | zero      | number | 0    | 1     |
        | module   | minus one | number | -1   | 2     |

  @BOTH-SEND-05
  Rule: Property values keep their percent signs, and an empty one stays empty

    Scenario Outline: Escapes that the application of the <identity> means literally
      Given a connected <identity> client
      When it sends a message with:
        | property rate  | 50%25 |
        | property share | 100%  |
        | property plus  | a+b c |
        | property empty |       |
      Then the call succeeds
      And the hub receives a message with:
        | properties | {"rate":"50%25","share":"100%","plus":"a+b c","empty":""} |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-SEND-12
  Rule: The size of a message is counted in bytes, properties included

    Scenario Outline: The <identity> sends fewer characters than bytes
      Given a connected <identity> client
      When it sends a message of 131073 times "é"
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

    Scenario Outline: The <identity> sends a small message with large properties
      Given a connected <identity> client
      When it sends a message with 5 properties of 60000 bytes
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

    @level:observed
    Scenario Outline: The last byte of the limit, at the <identity>
      Given a connected <identity> client
      When it sends a message of 262144 bytes
      Then the call succeeds
      And the hub receives a message with:
        | bytes | 262144 |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @DEV-ONMSG-02
  Rule: Received properties are decoded once

    @identity:device
    Scenario: Escapes that the back end means literally
      Given a connected device client
      And the application listens for messages
      When the back end sends a message with:
        | text              | hello   |
        | property rate     | 50%25   |
        | property share    | 100%    |
        | property plus     | a+b c   |
        | property empty    |         |
        | property a=b&c %2 | d=e&f   |
      Then the application is told of messages with:
        | properties | {"rate":"50%25","share":"100%","plus":"a+b c","empty":"","a=b&c %2":"d=e&f"} |

    @identity:device
    Scenario: A message without a body
      Given a connected device client
      And the application listens for messages
      When the back end sends the message ""
      Then the application is told of messages with:
        | argumentCount | 1    |
        | properties    | {}   |
        | isBytes       | true |

  @BOTH-ONMETH-03
  Rule: The payload of a request is what the back end gave

    Scenario Outline: The back end calls a method of the <identity> with <payload>
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "set" with the payload <payload>
      Then the application is told of method requests with:
        | name    | set       |
        | payload | <payload> |

      @identity:device
      Examples: device
        | identity | payload |
        | device   | 0       |
        | device   | false   |
        | device   | ""      |
        | device   | null    |
        | device   | []      |
        | device   | {}      |
        | device   | "50%25" |

      @identity:module
      Examples: module
        | identity | payload |
        | module   | 0       |
        | module   | false   |
        | module   | ""      |
        | module   | null    |
        | module   | []      |
        | module   | {}      |
        | module   | "50%25" |

    Scenario Outline: The back end calls a method of the <identity> without a payload
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "set" without a payload
      Then the application is told of method requests with:
        | name    | set  |
        | payload | null |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RESP-04
  Rule: Status and payload of a response arrive as they are

    Scenario Outline: The application of the <identity> answers <status> and <payload>
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "measure"
      And it answers the method "measure" with <status> and the payload <payload>
      Then the caller of "measure" gets <status> and the payload <payload>

      @identity:device
      Examples: device
        | identity | status | payload |
        | device   | 0      | 0       |
        | device   | 200    | false   |
        | device   | 404    | ""      |
        | device   | 599    | null    |
        | device   | -1     | []      |

      @identity:module
      Examples: module
        | identity | status | payload |
        | module   | 0      | 0       |
        | module   | 200    | false   |
        | module   | 404    | ""      |
        | module   | 599    | null    |
        | module   | -1     | []      |

  @BOTH-PATCH-03
  Rule: Zero, false and the empty text are values of reported properties

    Scenario Outline: The <identity> reports them
      Given a connected <identity> client
      When it patches its reported properties with:
        """
        {"zero": 0, "no": false, "empty": "", "none": {}, "list": [], "percent": "50%25"}
        """
      Then the call succeeds
      And the reported properties are:
        """
        {"zero": 0, "no": false, "empty": "", "none": {}, "list": [], "percent": "50%25"}
        """
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-02
  Rule: Zero, false, the empty text and nothing are values of desired properties

    Scenario Outline: The back end sets them at the <identity>
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end sets the desired properties to:
        """
        {"zero": 0, "no": false, "empty": "", "gone": null}
        """
      Then the application is told of desired properties with:
        | patch.zero  | 0     |
        | patch.no    | false |
        | patch.empty | ""    |
        | patch.gone  | null  |
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @MOD-OUT-06
  Rule: The name of an output arrives as it is

    @identity:module
    Scenario Outline: The output <output>
      Given a connected module client
      When it sends the message "hello" to the output "<output>"
      Then the hub receives a message with:
        | outputName | <output> |

      Examples:
        | output  |
        | 50%25   |
        | a&b=c/d |
