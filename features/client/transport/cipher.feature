@sut:client
Feature: Cipher suites
  The client is responsible for offering the suites that the application allows, and no others.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @BOTH-CIPHER-01
  Rule: A text in the form of an OpenSSL cipher list selects the suites

    @fault:tls
    Scenario Outline: The suite of the hub
      Given a <identity> client with:
        | cipher | ECDHE-ECDSA-AES256-GCM-SHA384 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
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
    Scenario Outline: Another suite
      Given a <identity> client with:
        | cipher | ECDHE-ECDSA-AES128-GCM-SHA256 |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError
      And the hub has seen 0 connection attempts

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CIPHER-02
  Rule: A list of names selects them as well

    @fault:tls
    Scenario Outline: The second of two
      Given a <identity> client with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
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
    Scenario Outline: None of two
      Given a <identity> client with:
        | cipher | ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"] |
      And the hub is going to speak only the cipher ECDHE-ECDSA-AES256-GCM-SHA384
      When it connects
      Then the call fails with ConnectionFailedError
      And the hub has seen 0 connection attempts

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
