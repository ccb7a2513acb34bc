@sut:client
Feature: Reading the twin
  The client is responsible for giving an application the twin as the service has it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-get-twin

  @BOTH-TWIN-01
  Rule: The twin comes from the service

    Scenario Outline: The <identity> asks after its desired properties have changed
      Given a connected <identity> client
      When the back end sets the desired properties to:
        """
        {"fan": {"speed": 3}}
        """
      And it asks for its twin
      Then the call gives:
        | desired.fan | {"speed":3} |
      And the hub has been asked for the twin 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: Two answers for the <identity> come in reverse order
      Given a connected <identity> client
      And the hub is going to answer a twin request after the next one
      When it asks for its twin
      And it patches its reported properties
      Then the call gives nothing
      And the call before gives:
        | desired.$version  | 1 |
        | reported.$version | 1 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-TWIN-02
  Rule: The call returns only when the twin has been retrieved

    @fault:mqtt
    Scenario Outline: The hub takes its time with the twin of the <identity>
      Given a connected <identity> client
      And the hub is going to answer a twin request 5 seconds late
      When it asks for its twin
      Then the call succeeds after 5 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-TWIN-03
  Rule: The result is the complete twin as a mapping

    Scenario Outline: Both sections of the twin of the <identity> have been written
      Given a connected <identity> client
      When it patches its reported properties
      And the back end sets the desired properties to:
        """
        {"fan": "on", "limits": {"low": 1, "high": null}, "steps": [1, 2.5]}
        """
      And it asks for its twin
      Then the call gives:
        | desired.fan       | on        |
        | desired.limits    | {"low":1} |
        | desired.steps     | [1,2.5]   |
        | desired.$version  | 2         |
        | reported.fan      | on        |
        | reported.$version | 2         |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
