@sut:client
Feature: Reporting properties
  The client is responsible for bringing an application's patches to the reported section of the twin.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-patch-twin-reported-properties

  @BOTH-PATCH-01
  Rule: A patch changes the reported properties at the service

    Scenario Outline: The <identity> patches
      Given a connected <identity> client
      When it patches its reported properties with:
        """
        {"fan": "off"}
        """
      Then the call gives nothing
      And the reported properties are:
        """
        {"fan": "off"}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-PATCH-02
  Rule: The call returns only when the service has accepted the patch

    @fault:mqtt
    Scenario Outline: The hub acknowledges the packet of the <identity> at once and answers late
      Given a connected <identity> client
      And the hub is going to answer a twin request 5 seconds late
      When it patches its reported properties
      Then the call succeeds after 5 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-PATCH-03
  Rule: The argument is a mapping that is merged, and null removes

    Scenario Outline: The <identity> patches twice
      Given a connected <identity> client
      When it patches its reported properties with:
        """
        {"fan": "on", "limits": {"low": 1, "high": 9}}
        """
      And it patches its reported properties with:
        """
        {"limits": {"high": null, "steps": [1, 2]}}
        """
      Then the hub was asked to twinPatch with:
        | patch | {"limits":{"high":null,"steps":[1,2]}} |
      And the reported properties are:
        """
        {"fan": "on", "limits": {"low": 1, "steps": [1, 2]}}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
