@sut:client
Feature: Receiving desired properties by calls
  The client is responsible for handing out patches one by one to an application that asks for them.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-receive-twin-desired-properties-patch

  @BOTH-RPATCH-01
  Rule: A patch comes through the hub

    Scenario Outline: The <identity> waits, and the back end changes a property
      Given a connected <identity> client
      When it waits for a desired patch
      And the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      Then the call gives:
        | fan      | on |
        | $version | 2  |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-02 @BOTH-RPATCH-08
  Rule: Without arguments the call waits until a patch is received, without end

    Scenario Outline: The first patch for the <identity> comes after an hour
      Given a connected <identity> client
      When it receives a desired patch
      And 1 hour passes
      Then the call is still waiting
      When the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      Then the call gives:
        | fan | on |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-03 @BOTH-RPATCH-04 @clock
  Rule: Waiting ends with InboxEmpty when the time-out has elapsed

    Scenario Outline: Nobody changes the properties of the <identity>
      Given a connected <identity> client
      When it waits for a desired patch for 3 seconds
      Then the call fails with InboxEmpty after 3 seconds
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-05
  Rule: Without waiting the call returns a patch that was received and not yet handed out

    Scenario Outline: A patch waits at the <identity>
      Given a connected <identity> client
      When it looks for a desired patch without waiting
      And the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      And it looks for a desired patch without waiting
      Then the call gives:
        | fan | on |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-06
  Rule: Without waiting and with nothing received the call fails with InboxEmpty

    Scenario Outline: The <identity> looks at a quiet hub
      Given a connected <identity> client
      When it looks for a desired patch without waiting
      Then the call fails with InboxEmpty
      And it is connected

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-07
  Rule: The result is a patch as a mapping, and InboxEmpty stands for none

    Scenario Outline: A patch comes for the <identity>, then none
      Given a connected <identity> client
      When it waits for a desired patch for 3 seconds
      And the back end sets the desired properties to:
        """
        {"fan": {"speed": 3}}
        """
      Then the call gives:
        | fan.speed | 3 |
      When it looks for a desired patch without waiting
      Then the call fails with InboxEmpty

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RPATCH-09
  Rule: Each call gives a deprecation notice

    Scenario Outline: The <identity> looks twice
      Given a connected <identity> client
      When it looks for a desired patch without waiting
      And it looks for a desired patch without waiting
      Then a deprecation notice is given 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
