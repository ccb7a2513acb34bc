@sut:client
Feature: Device clients from an X.509 certificate
  The client is responsible for proving who it is with its certificate alone.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-x509-certificate

  @DEV-X509-01
  Rule: A client can be built from a certificate, a host name and the ids of the identity

    @identity:device
    Scenario: The certificate of the identity
      Given a connected device client from an X.509 certificate
      Then CONNECT holds:
        | client id | {device} |

  @DEV-X509-02
  Rule: All arguments are required

    @construction @identity:device
    Scenario Outline: <argument> is missing
      When a device client is made from an X.509 certificate with:
        | <argument> | (none) |
      Then the call fails with TypeError

      Examples:
        | argument |
        | x509     |
        | hostname |
        | deviceId |

  @DEV-X509-03
  Rule: The client authenticates with the certificate and not with a password

    @identity:device
    Scenario: No password
      Given a connected device client from an X.509 certificate
      Then CONNECT holds:
        | password  | none     |
        | client id | {device} |

    @identity:device
    Scenario: Another certificate than the hub knows
      Given certificate files
      And a device client from an X.509 certificate with:
        | x509 | {"certFile": "{otherCertFile}", "keyFile": "{otherKeyFile}"} |
      When it connects
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt

  @DEV-X509-04
  Rule: The certificate may bring its chain, and the key a pass phrase

    @identity:device
    Scenario: Leaf and intermediate, and an encrypted key
      Given certificate files of an authority that the hub trusts
      And a device client from an X.509 certificate with:
        | x509 | {"certFile": "{chainFile}", "keyFile": "{encryptedKeyFile}", "passPhrase": "{passPhrase}"} |
      When it connects
      Then the call succeeds

    # When it shows that a key cannot be read is a matter of a language.
    @construction @identity:device @python-api
    Scenario: A wrong pass phrase
      Given certificate files
      When a device client is made from an X.509 certificate with:
        | x509 | {"certFile": "{chainFile}", "keyFile": "{encryptedKeyFile}", "passPhrase": "wrong"} |
      Then the call is refused

  @DEV-X509-05
  Rule: A certificate from a CER file must be base64-encoded

    @identity:device
    Scenario: As base64
      Given a connected device client from an X.509 certificate
      Then it is connected

    @construction @identity:device
    Scenario: As binary
      Given certificate files
      When a device client is made from an X.509 certificate with:
        | x509 | {"certFile": "{derFile}", "keyFile": "{keyFile}"} |
      Then the call is refused

  @DEV-X509-06
  Rule: The host name is the connection target and part of the user name

    @identity:device
    Scenario: A hub of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected device client from an X.509 certificate
      Then the TLS handshake names the host "hub.example"
      And CONNECT holds:
        | user name path | hub.example/{device} |

  @DEV-X509-07
  Rule: An unsupported option is refused

    @construction @identity:device
    Scenario: An invented option
      When a device client is made from an X.509 certificate with:
        | colour | blue |
      Then the call fails with TypeError

  @DEV-X509-08
  Rule: The life of tokens is not an option of this factory

    @construction @identity:device
    Scenario: sastokenTtl
      When a device client is made from an X.509 certificate with:
        | sastokenTtl | 100 |
      Then the call fails with TypeError
