@sut:client
Feature: Clients from a symmetric key
  The client is responsible for signing tokens with the key for the device it was made for.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-symmetric-key

  @DEV-SK-01
  Rule: A device client can be built from a symmetric key, a host name and a device id

    @identity:device
    Scenario: The key of the device
      Given a connected device client from a symmetric key
      Then CONNECT holds:
        | client id      | {device}                   |
        | token resource | localhost/devices/device-1 |

  @DEV-SK-02
  Rule: Key, host name and device id are required

    @construction @identity:device
    Scenario Outline: <argument> is missing
      When a device client is made from a symmetric key with:
        | <argument> | (none) |
      Then the call fails with TypeError

      Examples:
        | argument     |
        | symmetricKey |
        | hostname     |
        | deviceId     |

  @DEV-SK-03
  Rule: The host name is the connection target and part of the user name

    @identity:device
    Scenario: A hub of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected device client from a symmetric key
      Then the TLS handshake names the host "hub.example"
      And CONNECT holds:
        | user name path | hub.example/{device} |

  @DEV-SK-04
  Rule: The client authenticates with the symmetric key

    @identity:device
    Scenario: A token that the key has signed
      Given a connected device client from a symmetric key
      Then CONNECT holds:
        | token resource as sent | localhost%2Fdevices%2Fdevice-1 |

    @identity:device
    Scenario: Another key
      Given a device client from a symmetric key with:
        | symmetricKey | c2VjcmV0 |
      When it connects
      Then the call fails with CredentialError
      And the hub has seen 1 connection attempt

  @DEV-SK-05
  Rule: An unsupported option is refused

    @construction @identity:device
    Scenario: An invented option
      When a device client is made from a symmetric key with:
        | colour | blue |
      Then the call fails with TypeError

  @DEV-SK-06
  Rule: A key that is not base64 is refused

    @construction @identity:device
    Scenario Outline: <what>
      When a device client is made from a symmetric key with:
        | symmetricKey | <given> |
      Then the call fails with ValueError

      Examples:
        | what        | given |
        | Bad padding | abc   |
