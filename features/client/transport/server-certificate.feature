@sut:client
Feature: Trusting the hub
  The client is responsible for connecting to nobody but the hub it was told to trust.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-SVC-01
  Rule: The given chain is what the certificate of the hub is checked against

    Scenario Outline: The authority of the hub
      Given a <identity> client with:
        | serverVerificationCert | {authority} |
      When it connects
      Then the call succeeds

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: The authority of the hub, but another name
      Given a <identity> client
      And the hub is going to show a certificate for another name
      When it connects
      Then the call fails with ClientError
      And the hub has seen 0 connection attempts

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SVC-02
  Rule: Without the chain a hub with a root of its own is not trusted

    Scenario Outline: The system store alone
      Given the network between client and hub is watched
      And a <identity> client with:
        | serverVerificationCert | (none) |
      When it connects
      Then the call fails with ClientError
      And the TLS handshake names the host "{host}"
      And the hub has seen 0 connection attempts

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @fault:tls
    Scenario Outline: Another authority than the given one
      Given a <identity> client
      And the hub is going to show a certificate of an unknown authority
      When it connects
      Then the call fails with ClientError
      And the hub has seen 0 connection attempts

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
