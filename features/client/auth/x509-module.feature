@sut:client
Feature: Module clients from an X.509 certificate
  The client is responsible for proving who it is with its certificate alone.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient#create-from-x509-certificate

  @MOD-X509-01
  Rule: A client can be built from a certificate, a host name and the ids of the identity

    @identity:module
    Scenario: The certificate of the identity
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | client id | {device}/{module} |

  @MOD-X509-02
  Rule: All arguments are required

    @construction @identity:module
    Scenario Outline: <argument> is missing
      When a module client is made from an X.509 certificate with:
        | <argument> | (none) |
      Then the call fails with TypeError

      Examples:
        | argument |
        | x509     |
        | hostname |
        | deviceId |
        | moduleId |

  @MOD-X509-03
  Rule: The ids name the device and the module on it

    @identity:module
    Scenario: Device and module
      Given a module client from an X.509 certificate
      When it connects
      Then CONNECT holds:
        | client id      | {device}/{module}           |
        | user name path | localhost/{device}/{module} |

  @MOD-X509-04
  Rule: The client authenticates with the certificate and not with a password

    @identity:module
    Scenario: No password
      Given a connected module client from an X.509 certificate
      Then CONNECT holds:
        | password  | none              |
        | client id | {device}/{module} |

    @identity:module
    Scenario: Another certificate than the hub knows
      Given certificate files
      And a module client from an X.509 certificate with:
        | x509 | {"certFile": "{otherCertFile}", "keyFile": "{otherKeyFile}"} |
      When it connects
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt

  @MOD-X509-05
  Rule: A certificate from a CER file must be base64-encoded

    @identity:module
    Scenario: As base64
      Given a connected module client from an X.509 certificate
      Then it is connected

    @construction @identity:module
    Scenario: As binary
      Given certificate files
      When a module client is made from an X.509 certificate with:
        | x509 | {"certFile": "{derFile}", "keyFile": "{keyFile}"} |
      Then the call is refused

  @MOD-X509-06
  Rule: The host name is the connection target and part of the user name

    @identity:module
    Scenario: A hub of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected module client from an X.509 certificate
      Then the TLS handshake names the host "hub.example"
      And CONNECT holds:
        | user name path | hub.example/{device}/{module} |

  @MOD-X509-07
  Rule: An unsupported option is refused

    @construction @identity:module
    Scenario Outline: <option>
      When a module client is made from an X.509 certificate with:
        | <option> | 100 |
      Then the call fails with TypeError

      Examples:
        | option      |
        | colour      |
        | sastokenTtl |
