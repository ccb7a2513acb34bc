@sut:hub @wire
Feature: Calls of methods, and refusals
  The hub is responsible for each caller getting the answer to its own call, and for refusing what it cannot carry.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-direct-methods

  Background:
    Given a registered identity "lamp"
    And "lamp" is online
    And "lamp" subscribes to "$iothub/methods/POST/#"

  @WIRE-METH-12
  Rule: A payload has at most 128 KB, each way

    Scenario Outline: A request of <bytes> bytes
      When the service calls the method "dim" of "lamp" with:
        | body payload | "{x*<letters>}" |
      Then "lamp" receives PUBLISH
      When "lamp" answers the method with:
        | status | 200 |
      Then the answer is 200

      Examples:
        | bytes  | letters |
        | 131000 | 130998  |

    Scenario: A request that is too large is not delivered
      When the service calls the method "dim" of "lamp" with:
        | body payload | "{x*131073}" |
      Then the answer is between 400 and 413
      And "lamp" receives no PUBLISH

  @WIRE-METH-21
  Rule: Two calls at once are answered each for itself

    Scenario: In reverse order
      When the service calls the methods "first" and "second" of "lamp" at once
      And "lamp" answers "second" with 202 and then "first" with 201
      Then the call of "first" is answered with 201
      And the call of "second" is answered with 202

  @WIRE-METH-06
  Rule: Any status is passed on

    Scenario Outline: <status>
      When the service calls the method "dim" of "lamp" with:
        | body payload | <payload> |
      Then "lamp" receives PUBLISH with:
        | payload | <payload> |
      When "lamp" answers the method with:
        | status  | <status>  |
        | payload | <payload> |
      Then the answer is 200
      And the answer has:
        | status  | <status>  |
        | payload | <payload> |

      Examples:
        | status | payload |
        | 0      | 0       |
        | 200    | false   |
        | 404    | ""      |
        | -1     | []      |
        | 999    | "50%25" |

  @WIRE-METH-08
  Rule: A second answer is nobody's

    Scenario: To a call that was answered
      When the service calls the method "first" of "lamp" with:
        | body payload | 1 |
      Then "lamp" receives PUBLISH
      When "lamp" answers the method with:
        | status | 201 |
      Then the answer has:
        | status | 201 |
      When "lamp" answers the method with:
        | status | 500 |
      Then "lamp" is still online
      When the service calls the method "second" of "lamp" with:
        | body payload | 2 |
      Then "lamp" receives PUBLISH with:
        | payload | 2 |

  @WIRE-METH-21
  Rule: Only the device that was called can answer

    Scenario: Another device publishes the answer
      Given a registered identity "stranger"
      And "stranger" is online
      When the service calls the method "open" of "lamp" with:
        | body payload | null |
      Then "lamp" receives PUBLISH
      When "stranger" publishes to "$iothub/methods/res/200/?$rid={rid}"
      Then "stranger" is still online
      When "lamp" answers the method with:
        | status  | 201    |
        | payload | "mine" |
      Then the answer has:
        | status  | 201  |
        | payload | mine |

  @WIRE-METH-11
  Rule: A name has at most 100 characters

    Scenario: 101
      When the service calls the method "{x*101}" of "lamp" with:
        | body payload | null |
      Then the answer is 400

  @WIRE-METH-09 @clock
  Rule: A call waits half a minute and no less

    Scenario: At the last second
      When the service calls the method "dim" of "lamp" with:
        | body payload | null |
      Then "lamp" receives PUBLISH
      When 29 seconds pass at the hub
      And "lamp" answers the method with:
        | status | 207 |
      Then the answer has:
        | status | 207 |

  @WIRE-ERR-04
  Rule: An api-version that the service does not know is refused

    Scenario Outline: <version>
      When the service requests GET "/devices/{lamp}?api-version=<version>"
      Then the answer is 400
      And the answer has:
        | Message | /InvalidProtocolVersion\|ErrorCode:InvalidProtocolVersion/ |

      Examples:
        | version            |
        | 2021               |
        | now                |
        | 1999-01-01         |
        | 2018-07-01-preview |

  @WIRE-AUTH-17
  Rule: A certificate of a trusted authority opens the device that it names

    Scenario: Of its own name
      Given the hub trusts an authority of certificates
      And a registered identity "door" with:
        | authentication.type | certificateAuthority |
      When "door" connects with a certificate of that authority for "door"
      Then "door" is accepted

    Scenario: Of another name
      Given the hub trusts an authority of certificates
      And a registered identity "door" with:
        | authentication.type | certificateAuthority |
      When "door" connects with a certificate of that authority for "lamp"
      Then "door" is refused with return code 5

    Scenario: Of its own name in other letters
      Given the hub trusts an authority of certificates
      And a registered identity "door" with:
        | authentication.type | certificateAuthority |
      When "door" connects with a certificate of that authority for "DOOR"
      Then "door" is refused with return code 5

    Scenario: Of an authority that the hub does not trust
      Given a registered identity "door" with:
        | authentication.type | certificateAuthority |
      When "door" connects with a certificate of an unknown authority for "door"
      Then "door" is refused with return code 5
