@sut:client @identity:device
Feature: Creating a provisioning client
  The factories are responsible for refusing what can never register.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.provisioningdeviceclient

  @PROV-KEY-02
  Rule: The key is Base64

    @construction @needs:auth.symmetric-key
    Scenario: A text of another length
      When a provisioning client is made from a symmetric key with:
        | symmetricKey | a2V5a |
      Then the call fails with ValueError

  @PROV-KEY-03
  Rule: The registration id is neither empty nor blank

    @construction @needs:auth.symmetric-key
    Scenario Outline: <id>
      When a provisioning client is made from a symmetric key with:
        | registrationId | <id> |
      Then the call fails with ValueError

      Examples:
        | id    |
        | ""    |
        | "   " |

  @PROV-KEY-04
  Rule: An unknown option is refused

    @construction @needs:auth.symmetric-key
    Scenario: A wrong spelling
      When a provisioning client is made from a symmetric key with:
        | keepAlives | 60 |
      Then the call fails with TypeError

  @PROV-X509-02
  Rule: A client with a certificate has no life of tokens

    @construction @needs:auth.x509
    Scenario: sastokenTtl
      When a provisioning client is made from an X.509 certificate with:
        | sastokenTtl | 60 |
      Then the call fails with TypeError
