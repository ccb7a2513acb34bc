@sut:client
Feature: Handling direct methods
  The client is responsible for telling an application of every direct method, and for bringing each answer to its caller.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-on-method-request-received

  @BOTH-ONMETH-01
  Rule: The handler is called when a method request is received

    Scenario Outline: The back end calls two methods of the <identity>
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "first"
      And the back end calls the method "second"
      Then the application is told of method requests 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-02
  Rule: The application answers through the client, also from inside the handler

    Scenario Outline: The handler of the <identity> answers
      Given a connected <identity> client
      And the application answers methods with status 200
      When the back end calls the method "measure"
      Then the caller of "measure" gets the status 200 and:
        """
        {"answered": true}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The application of the <identity> never answers
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "measure"
      Then the application is told of method requests 1 time
      And the caller of "measure" gets no answer in time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The application of the <identity> answers two calls in reverse order
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "older"
      And the back end calls the method "newer"
      And it answers the method "newer" with status 201 and:
        """
        "new"
        """
      And it answers the method "older" with status 202 and:
        """
        "old"
        """
      Then the caller of "older" gets the status 202 and:
        """
        "old"
        """
      And the caller of "newer" gets the status 201 and:
        """
        "new"
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The handler of the <identity> fails, and the application answers all the same
      Given a connected <identity> client
      And the application fails at method requests
      When the back end calls the method "measure"
      And it answers the method "measure" with status 500 and:
        """
        "failed"
        """
      Then the caller of "measure" gets the status 500 and:
        """
        "failed"
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-03
  Rule: The handler is given one argument, the method request

    Scenario Outline: The handler of the <identity> looks at it
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "set point"
      Then the application is told of method requests with:
        | argumentCount | 1            |
        | name          | set point    |
        | payload       | {"number":1} |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-04
  Rule: The handler may be a function or a coroutine function

    Scenario Outline: The application of the <identity> <manner> method requests
      Given a connected <identity> client
      And the application <manner> method requests
      When the back end calls the method "measure"
      Then the application is told of method requests 1 time

      @identity:device
      Examples: device
        | identity | manner                       |
        | device   | listens for                  |
        | device   | listens with a coroutine for |

      @identity:module
      Examples: module
        | identity | manner                       |
        | module   | listens for                  |
        | module   | listens with a coroutine for |
