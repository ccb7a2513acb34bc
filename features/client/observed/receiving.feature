@sut:client
Feature: Receiving, as observed
  The client is responsible for losing nothing that its application is to see, and for handing out nothing twice.
  Source: the Python SDK 2.14.0, not its documentation.

  @SRC-06
  Rule: Disconnecting waits until the handlers have seen all that has come

    Scenario Outline: The application of the <identity> is busy when it disconnects
      Given a connected <identity> client
      And the application is busy with desired properties
      When the back end changes the desired properties 6 times at once
      And it disconnects
      Then the call is still waiting
      When the application goes on
      Then the call before succeeds
      And the application is told of desired properties 6 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-07
  Rule: Four calls of a handler run at a time, and none is lost

    Scenario Outline: Six methods of the <identity> are called at once
      Given a connected <identity> client
      And the application is busy with method requests
      When the back end calls 6 methods at once
      Then the application is told of method requests 4 times
      When the application goes on
      Then the application is told of method requests 6 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-08
  Rule: Messages that wait for a receive call when the connection is lost are kept, but method requests are not

    @fault:tcp @needs:connection.retry
    Scenario Outline: A method request waits at the <identity>
      Given a connected <identity> client
      When it looks for a method request without waiting
      And the back end calls the method "measure"
      Then the hub has delivered 1 method request
      When the connection is cut
      And 1 second passes
      And it looks for a method request without waiting
      Then the call gives nothing

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: Without the loss the <identity> has it
      Given a connected <identity> client
      When it looks for a method request without waiting
      And the back end calls the method "measure"
      Then the hub has delivered 1 method request
      When it looks for a method request without waiting
      Then the call gives:
        | name | measure |

      @identity:device
      Examples: device, no loss
        | identity |
        | device   |

      @identity:module
      Examples: module, no loss
        | identity |
        | module   |

    @identity:device @fault:tcp
    Scenario: A message waits at the device
      Given a connected device client
      When it looks for a message without waiting
      And the back end sends the message "kept"
      And the connection is cut
      And it looks for a message without waiting
      Then the call gives:
        | text | kept |

    @identity:module @fault:tcp
    Scenario: An input message waits at the module
      Given a connected module client
      When it looks for an input message without waiting
      And another module sends "kept" to the input "input1"
      And the connection is cut
      And it looks for an input message without waiting
      Then the call gives:
        | text | kept |

  @SRC-16
  Rule: Also a receive call that fails decides that the client receives by calls

    Scenario Outline: The application of the <identity> changes its mind
      Given a <identity> client with:
        | autoConnect | false |
      When it receives a method request
      Then the call fails with NoConnectionError
      When it connects and this succeeds
      And the application sets a handler for method requests
      Then the call fails with ClientError

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-17
  Rule: A method has a queue of its own from the first call that names it on

    Scenario Outline: A request for the <identity> comes before the call that names its method
      Given a connected <identity> client
      When it looks for a method request without waiting
      And the back end calls the method "early"
      And it waits for the method "early"
      Then the call is still waiting
      When it looks for a method request without waiting
      Then the call gives:
        | name | early |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: A request for the <identity> comes after the call that names its method
      Given a connected <identity> client
      When it waits for the method "named"
      And the back end calls the method "named"
      And the back end calls the method "named"
      And it looks for a method request without waiting
      Then the call gives nothing
      And the call before gives:
        | name | named |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-18
  Rule: A message for an input that no receive call has named is dropped

    @identity:module
    Scenario: A message for another input comes first
      Given a connected module client
      When it looks for an input message without waiting
      And another module sends "astray" to the input "input2"
      And it looks at another input
      Then the call gives nothing
      When another module sends "kept" to the input "input2"
      And it looks at another input
      Then the call gives:
        | text | kept |

  @SRC-19
  Rule: A desired patch that cannot be read is a background exception, and the connection stays

    @fault:mqtt
    Scenario Outline: The hub sends the <identity> half a document
      Given a connected <identity> client
      And the application listens for background exceptions
      And the application listens for desired properties
      And the hub is going to send a desired patch that is not JSON
      When the back end changes the desired properties 2 times at once
      Then the application is told of background exceptions 1 time
      And the application is told of desired properties 1 time
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-20
  Rule: After a re-connection the desired properties are handed out when their version is another one, also a lower one

    Scenario Outline: The <identity> is recreated at the service
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end changes the desired properties 2 times at once
      And the service recreates the identity
      And 1 second passes
      Then the application is told of desired properties with:
        | patch | {"$version":1} |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
