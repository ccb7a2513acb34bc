@sut:client
Feature: Clients from the Edge environment
  The client is responsible for finding out from its environment who it is, whom to trust and who signs for it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#create-from-edge-environment

  @MOD-EDGE-01
  Rule: A client can be built from the Edge environment without arguments, and connects through the gateway

    @identity:module
    Scenario: A gateway of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a workload API that works
      And a connected module client from an Edge environment
      Then the TLS handshake names the host "localhost"
      And CONNECT holds:
        | user name path | hub.example/{device}/{module} |

  @MOD-EDGE-02
  Rule: It works in an Edge container, where the workload API signs the token

    @identity:module
    Scenario: A workload API on a Unix socket
      Given a workload API on a Unix socket that works
      And a module client from an Edge environment
      When it connects
      Then the call succeeds
      And the workload API has signed 1 token

    @identity:module
    Scenario: A key that only the workload API has
      Given a workload API that works
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | token resource | localhost/devices/device-1/modules/module-1 |
      And the workload API has signed 1 token

  @MOD-EDGE-03
  Rule: It works in a debugging environment

    @identity:module
    Scenario: Connection string and CA file
      Given an Edge debugging environment
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | client id | {device}/{module} |

  @MOD-EDGE-04
  Rule: Outside both environments it cannot be used

    @construction @identity:module
    Scenario: No variables
      When a module client is made from an Edge environment
      Then the call fails with OSError

  @MOD-EDGE-05
  Rule: A container that lacks a variable is refused

    @construction @identity:module
    Scenario Outline: <variable> is missing
      Given a workload API that works
      And the environment has:
        | <variable> | (none) |
      When a module client is made from an Edge environment
      Then the call fails with OSError

      Examples:
        | variable                   |
        | IOTEDGE_IOTHUBHOSTNAME     |
        | IOTEDGE_DEVICEID           |
        | IOTEDGE_MODULEID           |
        | IOTEDGE_GATEWAYHOSTNAME    |
        | IOTEDGE_MODULEGENERATIONID |
        | IOTEDGE_WORKLOADURI        |
        | IOTEDGE_APIVERSION         |

  @MOD-EDGE-06
  Rule: A workload API that does not give the trust bundle is refused

    @construction @identity:module
    Scenario Outline: It <does>
      Given a workload API that <does>
      When a module client is made from an Edge environment
      Then the call fails with OSError

      Examples:
        | does                  |
        | answers with an error |
        | answers without JSON  |
        | gives no certificate  |

    @construction @identity:module
    Scenario: Nothing listens
      Given a workload API that works
      And the environment has:
        | IOTEDGE_WORKLOADURI | http://127.0.0.1:1 |
      When a module client is made from an Edge environment
      Then the call fails with OSError

  @MOD-EDGE-07
  Rule: A connection string for debugging that is no good is refused

    @construction @identity:module
    Scenario Outline: <what>
      Given an Edge debugging environment
      And the environment has:
        | EdgeHubConnectionString | <given> |
      When a module client is made from an Edge environment
      Then the call fails with ValueError

      Examples:
        | what       | given                                                                                   |
        | Malformed  | plain text                                                                              |
        | No module  | HostName=localhost;DeviceId=device-1;SharedAccessKey=c2VjcmV0;GatewayHostName=localhost |
        | No gateway | HostName=localhost;DeviceId=device-1;ModuleId=module-1;SharedAccessKey=c2VjcmV0         |

  @MOD-EDGE-08
  Rule: A CA file for debugging that is no good is refused

    @construction @identity:module
    Scenario: A directory
      Given an Edge debugging environment
      And the environment has:
        | EdgeModuleCACertificateFile | / |
      When a module client is made from an Edge environment
      Then the call fails with ValueError

    @construction @identity:module
    Scenario: No such file
      Given an Edge debugging environment
      And the environment has:
        | EdgeModuleCACertificateFile | /no/such/file |
      When a module client is made from an Edge environment
      Then the call fails with OSError

  @MOD-EDGE-09
  Rule: An unsupported option is refused

    @construction @identity:module
    Scenario: An invented option
      Given a workload API that works
      When a module client is made from an Edge environment with:
        | colour | blue |
      Then the call fails with TypeError

  @MOD-EDGE-10
  Rule: Trust and gateway come from the environment and are no options

    @construction @identity:module
    Scenario Outline: <option>
      Given a workload API that works
      When a module client is made from an Edge environment with:
        | <option> | <value> |
      Then the call fails with TypeError

      Examples:
        | option                 | value     |
        | serverVerificationCert | text      |
        | gatewayHostname        | localhost |

  @MOD-EDGE-11
  Rule: The client authenticates as the environment has it

    @identity:module
    Scenario: In a container the workload API signs
      Given a workload API that works
      And a connected module client from an Edge environment
      Then the workload API has signed 1 token
      And CONNECT holds:
        | password | a token |

    @identity:module
    Scenario: When debugging the key of the string signs
      Given an Edge debugging environment
      And a connected module client from an Edge environment
      Then CONNECT holds:
        | token resource | localhost/devices/device-1/modules/module-1 |

    @identity:module
    Scenario: When debugging with another key
      Given an Edge debugging environment
      And the environment has:
        | EdgeHubConnectionString | HostName=localhost;DeviceId=device-1;ModuleId=module-1;SharedAccessKey=c2VjcmV0;GatewayHostName=localhost |
      And a module client from an Edge environment
      When it connects
      Then the call fails with CredentialError
