@sut:client
Feature: Clients from a connection string
  The client is responsible for reading a connection string strictly, and for authenticating with what it holds.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-connection-string

  @BOTH-CS-01
  Rule: A client can be built from a device or a module connection string

    Scenario Outline: The string of the identity
      Given a connected <identity> client from a connection string
      Then CONNECT holds:
        | client id      | <client id>           |
        | user name path | {host}/<client id> |

      @identity:device
      Examples: device client
        | identity | client id |
        | device   | {device}  |

      @identity:module
      Examples: module client
        | identity | client id         |
        | module   | {device}/{module} |

  @BOTH-CS-02
  Rule: The connection string is a required text

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a connection string with:
        | connectionString | <given> |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity | what     | given  |
        | device   | Nothing  | (none) |
        | device   | A number | 42     |

      @identity:module
      Examples: module client
        | identity | what     | given  |
        | module   | Nothing  | (none) |
        | module   | A number | 42     |

  @BOTH-CS-03
  Rule: The client authenticates with what the connection string holds

    Scenario Outline: The key of the identity
      Given a connected <identity> client from a connection string
      Then CONNECT holds:
        | token resource          | <resource> |
        | token resource as sent  | <encoded>  |
        | token signature as sent | ***        |

      @identity:device
      Examples: device client
        | identity | resource                   | encoded                        |
        | device   | {host}/devices/device-1 | {host}%2Fdevices%2Fdevice-1 |

      @identity:module
      Examples: module client
        | identity | resource                                    | encoded                                             |
        | module   | {host}/devices/device-1/modules/module-1 | {host}%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1 |

    Scenario Outline: Another key
      Given a <identity> client from a connection string with:
        | connectionString | <string> |
      When it connects
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | string                                                        |
        | device   | HostName={host};DeviceId=device-1;SharedAccessKey=c2VjcmV0 |

      @identity:module
      Examples: module client
        | identity | string                                                                          |
        | module   | HostName={host};DeviceId=device-1;ModuleId=module-1;SharedAccessKey=c2VjcmV0 |

  @BOTH-CS-04
  Rule: A malformed connection string is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a connection string with:
        | connectionString | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what                 | given                                                                           |
        | device   | No pairs             | plain text                                                                      |
        | device   | A key twice          | HostName=localhost;DeviceId=device-1;DeviceId=device-1;SharedAccessKey=c2VjcmV0 |
        | device   | An unknown key       | HostName=localhost;DeviceId=device-1;Colour=blue;SharedAccessKey=c2VjcmV0       |
        | device   | A trailing semicolon | HostName=localhost;DeviceId=device-1;SharedAccessKey=c2VjcmV0;                  |

      @identity:module
      Examples: module client
        | identity | what                 | given                                                                                             |
        | module   | No pairs             | plain text                                                                                        |
        | module   | A key twice          | HostName=localhost;DeviceId=device-1;ModuleId=module-1;DeviceId=device-1;SharedAccessKey=c2VjcmV0 |
        | module   | An unknown key       | HostName=localhost;DeviceId=device-1;ModuleId=module-1;Colour=blue;SharedAccessKey=c2VjcmV0       |
        | module   | A trailing semicolon | HostName=localhost;DeviceId=device-1;ModuleId=module-1;SharedAccessKey=c2VjcmV0;                  |

  @BOTH-CS-05
  Rule: An incomplete connection string is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a connection string with:
        | connectionString | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what      | given                                       |
        | device   | No host   | DeviceId=device-1;SharedAccessKey=c2VjcmV0  |
        | device   | No device | HostName=localhost;SharedAccessKey=c2VjcmV0 |
        | device   | No key    | HostName=localhost;DeviceId=device-1        |

      @identity:module
      Examples: module client
        | identity | what      | given                                                         |
        | module   | No host   | DeviceId=device-1;ModuleId=module-1;SharedAccessKey=c2VjcmV0  |
        | module   | No device | HostName=localhost;ModuleId=module-1;SharedAccessKey=c2VjcmV0 |
        | module   | No key    | HostName=localhost;DeviceId=device-1;ModuleId=module-1        |

  @BOTH-CS-06
  Rule: A connection string that declares X.509 is not for this factory

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a connection string with:
        | connectionString | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what           | given                                          |
        | device   | X.509 declared | HostName=localhost;DeviceId=device-1;x509=true |

      @identity:module
      Examples: module client
        | identity | what           | given                                                            |
        | module   | X.509 declared | HostName=localhost;DeviceId=device-1;ModuleId=module-1;x509=true |

  @BOTH-CS-07
  Rule: A key that is not base64 makes the connection string invalid

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a connection string with:
        | connectionString | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what        | given                                                    |
        | device   | Bad padding | HostName=localhost;DeviceId=device-1;SharedAccessKey=abc |

      @identity:module
      Examples: module client
        | identity | what        | given                                                                      |
        | module   | Bad padding | HostName=localhost;DeviceId=device-1;ModuleId=module-1;SharedAccessKey=abc |

  @BOTH-CS-08
  Rule: An unsupported option is refused

    @construction
    Scenario Outline: An invented option
      When a <identity> client is made from a connection string with:
        | colour | blue |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-CS-09
  Rule: The gateway stands in the connection string and is no option

    @construction
    Scenario Outline: As an option
      When a <identity> client is made from a connection string with:
        | gatewayHostname | gateway.example |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @needs:gateway
    Scenario Outline: In the string
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected <identity> client from a connection string with:
        | connectionString | {connectionString};GatewayHostName=localhost |
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | host | hub.example |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
