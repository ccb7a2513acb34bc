@sut:client
Feature: Desired properties that were missed
  The client is responsible for the newest desired properties after it was away.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-ENSURE-01 @clock @needs:connection.retry @option:ensureDesiredProperties
  Rule: By default the application gets what has changed while the client was away

    @fault:tcp
    Scenario Outline: A change while away
      Given a connected <identity> client
      And the application listens for desired properties
      When the connection is cut
      And the back end sets the desired properties to:
        """
        {"fan":"on"}
        """
      And 1 second passes
      Then the application is told of desired properties with:
        | patch.fan | on |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tcp
    Scenario Outline: The <identity> was made anew while it was away
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end changes the desired properties 3 times at once
      And the connection is cut
      And the service recreates the identity
      And the back end sets the desired properties to:
        """
        {"fan":"anew"}
        """
      And 1 second passes
      Then the application is told of desired properties with:
        | patch.fan | anew |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ENSURE-02 @clock @needs:connection.retry @option:ensureDesiredProperties
  Rule: If nothing has changed, the application is told nothing

    @fault:tcp
    Scenario Outline: No change while away
      Given a connected <identity> client
      And the application listens for desired properties
      When the connection is cut
      And 1 second passes
      Then the hub has been asked for the twin 1 time
      And the application is told of desired properties 0 times

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-ENSURE-03 @clock
  Rule: When it is off, nothing is made up for

    @fault:tcp
    Scenario Outline: A change while away that is not asked for
      Given a connected <identity> client with:
        | ensureDesiredProperties | false |
      And the application listens for desired properties
      When the connection is cut
      And the back end sets the desired properties to:
        """
        {"fan":"on"}
        """
      And it connects and this succeeds
      Then the application is told of desired properties 0 times
      When the back end sets the desired properties to:
        """
        {"fan":"off"}
        """
      Then the application is told of desired properties 1 time

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
