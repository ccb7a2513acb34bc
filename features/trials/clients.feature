@sut:client @trial
Feature: Generated trials of clients
  The client is responsible for values and orders that no example names: each rule is tried with many that a seed draws.

  @BOTH-SEND-05
  Rule: A message is sent as it is, whatever it holds

    Scenario Outline: Any properties, ids and bytes of the <identity>
      Given a connected <identity> client
      Then any message that it sends is stored as it is
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @DEV-ONMSG-02
  Rule: A message is told of as it is, whatever it holds

    @identity:device
    Scenario: Any properties and texts
      Given a connected device client
      And the application listens for messages
      Then any message to it is told of as it is

  # A handler of every method, whatever its name, is a matter of a language.
  @BOTH-ONMETH-03 @BOTH-RESP-04 @python-api
  Rule: Requests and responses of methods arrive as they are, whatever they hold

    Scenario Outline: Any payloads and statuses, at the <identity>
      Given a connected <identity> client
      And the application listens for method requests
      Then any call and its answer arrive as they are
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-PATCH-03
  Rule: Reported properties are what all patches together make of them

    Scenario Outline: Any patches of the <identity>
      Given a connected <identity> client
      Then any patches that it reports add up
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-01
  Rule: Changes of desired properties are told of one by one, in their order

    Scenario Outline: Any changes, with and without reading, at the <identity>
      Given a connected <identity> client
      And the application listens for desired properties
      Then any changes of its desired properties are told of in order
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  # The order of calls that is asked for is that of the documented Python API.
  @BOTH-RETRY-01 @clock @python-api
  Rule: A client that sends in any state of its life loses nothing

    Scenario Outline: Any order of sending, losses, refusals, renewals and pauses of the <identity>
      Given a connected <identity> client
      Then nothing that it sends is lost in any order of events
      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RETRY-01 @BOTH-ONPATCH-01 @clock @python-api
  Rule: All news reaches the application once and in order

    @identity:device
    Scenario: Of a device
      Given a connected device client
      And the application listens for messages
      And the application listens for method requests
      And the application listens for desired properties
      Then all news reaches the application once and in order, whatever happens between

    @identity:module
    Scenario: Of a module
      Given a connected module client
      And the application listens for method requests
      And the application listens for desired properties
      Then all news reaches the application once and in order, whatever happens between
