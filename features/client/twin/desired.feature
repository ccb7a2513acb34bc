@sut:client
Feature: Handling desired properties
  The client is responsible for telling an application of every change of its desired properties.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-on-twin-desired-properties-patch-received

  @BOTH-ONPATCH-01
  Rule: The handler is called when a patch is received

    Scenario Outline: The desired properties of the <identity> change twice
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      And the back end sets the desired properties to:
        """
        {"fan": "off"}
        """
      Then the application is told of desired properties 2 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-02
  Rule: The handler is given one argument, the patch as a mapping with its version

    Scenario Outline: The handler of the <identity> looks at it
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end sets the desired properties to:
        """
        {"fan": {"speed": 3, "mode": null}}
        """
      Then the application is told of desired properties with:
        | argumentCount | 1                                            |
        | patch         | {"fan":{"speed":3,"mode":null},"$version":2} |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONPATCH-03
  Rule: The handler may be a function or a coroutine function

    Scenario Outline: The application of the <identity> <manner> desired properties
      Given a connected <identity> client
      And the application <manner> desired properties
      When the back end sets the desired properties to:
        """
        {"fan": "on"}
        """
      Then the application is told of desired properties 1 time

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
