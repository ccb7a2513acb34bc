@sut:client
Feature: Receiving direct methods by calls
  The client is responsible for handing out method requests one by one to an application that asks for them.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-receive-method-request

  @BOTH-RMETH-01
  Rule: A method request comes through the hub with its id, name and payload

    Scenario Outline: The <identity> waits, and the back end calls
      Given a connected <identity> client
      When it waits for a method request
      And the back end calls the method "measure"
      Then the call gives:
        | name    | measure      |
        | payload | {"number":1} |
      And it answers the method "measure" with status 200 and:
        """
        "done"
        """
      And the caller of "measure" gets the status 200 and:
        """
        "done"
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-02
  Rule: Each call gives a deprecation notice

    Scenario Outline: The <identity> looks twice
      Given a connected <identity> client
      When it looks for a method request without waiting
      And it looks for a method request without waiting
      Then a deprecation notice is given 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-03
  Rule: With a name only requests for that method are returned

    Scenario Outline: The <identity> waits for one method, and another one is called first
      Given a connected <identity> client
      When it waits for the method "wanted"
      And the back end calls the method "other"
      Then the call is still waiting
      When the back end calls the method "wanted"
      Then the call gives:
        | name | wanted |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-04
  Rule: Without a name all requests are received that no other call is for

    Scenario Outline: One call of the <identity> is for a method, one is for the rest
      Given a connected <identity> client
      When it waits for the method "named"
      And it waits for a method request
      And the back end calls the method "named"
      Then the call is still waiting
      When the back end calls the method "other"
      Then the call gives:
        | name | other |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-05
  Rule: Without arguments the call waits for any method, without end

    Scenario Outline: The first request for the <identity> comes after an hour
      Given a connected <identity> client
      When it receives a method request
      And 1 hour passes
      Then the call is still waiting
      When the back end calls the method "measure"
      Then the call gives:
        | name | measure |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-06
  Rule: Whether the call waits is the caller's choice

    Scenario Outline: The <identity> looks without waiting
      Given a connected <identity> client
      When it looks for a method request without waiting
      Then the call gives nothing
      When the back end calls the method "measure"
      And it waits for a method request
      Then the call gives:
        | name | measure |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-07 @clock
  Rule: The time-out is the number of seconds after which waiting ends

    Scenario Outline: Nobody calls the <identity>
      Given a connected <identity> client
      When it waits for a method request for 3 seconds
      Then the call gives nothing after 3 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RMETH-08
  Rule: The result is a method request, or nothing when none came in time

    Scenario Outline: A request comes for the <identity>, then none
      Given a connected <identity> client
      When it waits for a method request for 3 seconds
      And the back end calls the method "measure"
      Then the call gives:
        | name | measure |
      When it waits for a method request for 3 seconds
      Then the call gives nothing after 3 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
