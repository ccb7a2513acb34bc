@sut:hub @wire
Feature: Authentication
  The hub is responsible for believing every token that real SDKs make, and none that was made by somebody else.
  https://learn.microsoft.com/azure/iot-hub/authenticate-authorize-sas

  Background:
    Given a registered identity "thermostat"

  @WIRE-AUTH-01
  Rule: The fields of a token come in any order

    Scenario Outline: <order>
      When "thermostat" connects with:
        | fields | <order> |
      Then "thermostat" is accepted

      Examples:
        | order     |
        | sr sig se |
        | sig se sr |
        | sr se sig |

    Scenario Outline: <missing> is missing
      When "thermostat" connects with:
        | password | <token> |
      Then "thermostat" is refused with return code 5

      Examples:
        | missing    | token                                                                 |
        | sig        | SharedAccessSignature sr={host}&se={now+3600}                         |
        | se         | SharedAccessSignature sr={host}&sig=AAAA                              |
        | sr         | SharedAccessSignature sig=AAAA&se={now+3600}                          |
        | the prefix | sr={host}&sig=AAAA&se={now+3600}                                      |

  @WIRE-AUTH-02
  Rule: The signature covers the resource exactly as it was sent

    Scenario Outline: <form>
      When "thermostat" connects with:
        | scope | <scope> |
      Then "thermostat" is accepted

      Examples:
        | form               | scope                                       |
        | encoded            | {host}%2Fdevices%2F{thermostat}             |
        | lower-case escapes | {host}%2fdevices%2f{thermostat}             |
        | encoded twice      | {host}%252Fdevices%252F{thermostat}         |

  @WIRE-AUTH-03
  Rule: The resource may be sent without encoding

    Scenario: Slashes as they are
      When "thermostat" connects with:
        | scope | {host}/devices/{thermostat} |
      Then "thermostat" is accepted

  @WIRE-AUTH-04
  Rule: A device's token is signed for the device with its key, and names no policy

    Scenario: As documented
      When "thermostat" connects with:
        | scope | {host}%2Fdevices%2F{thermostat} |
        | key   | primary                         |
      Then "thermostat" is accepted

  @WIRE-AUTH-05
  Rule: A module's token is signed for the module with its key

    Scenario: As documented
      Given a registered identity "thermostat/meter"
      When "thermostat/meter" connects with:
        | scope | {host}%2Fdevices%2F{thermostat}%2Fmodules%2Fmeter |
      Then "thermostat/meter" is accepted

    Scenario: Another module's key is no good
      Given a registered identity "thermostat/meter"
      And a registered identity "thermostat/other"
      When "thermostat/meter" connects with:
        | key | of thermostat/other |
      Then "thermostat/meter" is refused with return code 5

  @WIRE-AUTH-06
  Rule: A token for more than the device serves for the device

    Scenario Outline: Signed for <scope>
      When "thermostat" connects with:
        | scope | <scope> |
      Then "thermostat" is accepted

      Examples:
        | scope            |
        | {host}           |
        | {host}%2Fdevices |

  @WIRE-AUTH-07
  Rule: A resource that goes on after the device is tolerated

    Scenario: With an api-version behind it
      When "thermostat" connects with:
        | scope | {host}%2Fdevices%2F{thermostat}%2Fapi-version%3D2016-11-14 |
      Then "thermostat" is accepted

  @WIRE-AUTH-08
  Rule: A resource that is no whole part of the device's is refused

    Scenario Outline: <what>
      Given a registered identity "thermo"
      When "thermostat" connects with:
        | scope | <scope> |
      Then "thermostat" is refused with return code 5

      Examples:
        | what                 | scope                             |
        | another device       | {host}%2Fdevices%2F{thermo}       |
        | a prefix of the name | {host}%2Fdevices%2Fthermostat     |
        | another hub          | elsewhere.example%2Fdevices%2F{thermostat} |

  @WIRE-AUTH-09
  Rule: A policy's token needs the right DeviceConnect

    Scenario Outline: <policy> connects a device
      When "thermostat" connects with:
        | policy | <policy> |
        | scope  | {host}   |
      Then "thermostat" is accepted

      Examples:
        | policy      |
        | iothubowner |
        | device      |

    Scenario Outline: A token of a policy for <what>
      Given a registered identity "other"
      When "thermostat" connects with:
        | policy | device  |
        | scope  | <scope> |
      Then "thermostat" is <outcome>

      Examples:
        | what              | scope                           | outcome                    |
        | the whole hub     | {host}                          | accepted                   |
        | the device itself | {host}%2Fdevices%2F{thermostat} | accepted                   |
        | another device    | {host}%2Fdevices%2F{other}      | refused with return code 5 |

    Scenario Outline: <policy> does not
      When "thermostat" connects with:
        | policy | <policy> |
        | scope  | {host}   |
      Then "thermostat" is refused with return code 5

      Examples:
        | policy            |
        | service           |
        | registryRead      |
        | registryReadWrite |

  @WIRE-AUTH-10
  Rule: Both keys serve

    Scenario Outline: <key>
      When "thermostat" connects with:
        | key | <key> |
      Then "thermostat" is accepted

      Examples:
        | key       |
        | primary   |
        | secondary |

  @WIRE-AUTH-11
  Rule: A token is good for five minutes after its expiry

    Scenario: Expired 299 seconds ago
      When "thermostat" connects with:
        | expires in | -299 |
      Then "thermostat" is accepted

  @WIRE-AUTH-12
  Rule: A token that expired more than five minutes ago is refused

    Scenario Outline: Expired <seconds> seconds ago
      When "thermostat" connects with:
        | expires in | -<seconds> |
      Then "thermostat" is refused with return code 5

      Examples:
        | seconds |
        | 302     |
        | 86400   |

  @WIRE-AUTH-13 @clock
  Rule: A live connection ends some minutes after its token has expired

    Scenario: Not before five minutes, and not after ten
      Given "thermostat" is online with:
        | expires in | 60 |
      When 359 seconds pass at the hub
      Then "thermostat" is still online
      When 302 seconds pass at the hub
      Then the hub closes the connection of "thermostat" without a packet

  @WIRE-AUTH-14
  Rule: An expiry far away is an expiry

    Scenario: Milliseconds by mistake
      When "thermostat" connects with:
        | expires at | {now}000 |
      Then "thermostat" is accepted

  @WIRE-AUTH-15
  Rule: A self-signed certificate is known by its thumbprint

    Scenario Outline: <hash> as <which> thumbprint
      Given a self-signed certificate for "camera" is registered by its <hash> as <which>Thumbprint
      When "camera" connects with:
        | certificate | its own |
      Then "camera" is accepted

      Examples:
        | hash   | which     |
        | SHA-1  | primary   |
        | SHA-256 | secondary |

  @WIRE-AUTH-16
  Rule: A certificate with another thumbprint is refused

    Scenario: Over MQTT
      Given a self-signed certificate for "camera" is registered by its SHA-256 as primaryThumbprint
      When "camera" connects with:
        | certificate | another |
      Then "camera" is refused with return code 5

  @WIRE-AUTH-18
  Rule: Who has the authentication none cannot connect by itself

    Scenario: No credential is right
      Given a registered identity "gateway" with:
        | capabilities.iotEdge | true |
      And a registered identity "gateway/filter"
      When the service requests DELETE "/devices/{gateway}/modules/filter" with:
        | header if-match | * |
      And the service requests POST "/devices/{gateway}/applyConfigurationContent" with:
        | body | {"modulesContent":{"$edgeAgent":{"properties.desired":{"modules":{"filter":{}}}}}} |
      Then the answer is 204
      When "gateway/filter" connects
      Then "gateway/filter" is refused with return code 5

  @WIRE-AUTH-19
  Rule: HTTPS takes the same token in the Authorization header

    Scenario: A device sends over HTTPS
      When "thermostat" requests POST "/devices/{thermostat}/messages/events" with:
        | body | {} |
      Then the answer is 204

    Scenario: No header
      When "thermostat" requests POST "/devices/{thermostat}/messages/events" with:
        | body                 | {} |
        | header Authorization | -  |
      Then the answer is 401 IotHubUnauthorizedAccess
      And the answer has:
        | Message | /Authorization header missing/ |

    Scenario Outline: <what>
      When "thermostat" requests POST "/devices/{thermostat}/messages/events" with:
        | body  | {}      |
        | <row> | <value> |
      Then the answer is 401 IotHubUnauthorizedAccess

      Examples:
        | what           | row        | value                           |
        | wrong key      | signature  | tampered                        |
        | long expired   | expires in | -3600                           |
        | another device | scope      | {host}%2Fdevices%2Fsomebody     |

  @WIRE-AUTH-20
  Rule: A back end needs the right that its request takes

    Scenario Outline: <policy> may <verb> <path>
      When the service requests <verb> "<path>" with:
        | policy | <policy> |
      Then the answer is <status>

      Examples:
        | policy       | verb | path                   | status |
        | registryRead | GET  | /devices/{thermostat}  | 200    |
        | service      | GET  | /twins/{thermostat}    | 200    |
        | service      | DELETE | /devices/{thermostat}/commands | 200 |

    Scenario Outline: <policy> may not <verb> <path>
      When the service requests <verb> "<path>" with:
        | policy | <policy> |
        | body   | {}       |
      Then the answer is 401 IotHubUnauthorizedAccess

      Examples:
        | policy       | verb   | path                  |
        | registryRead | PUT    | /devices/new-one      |
        | registryRead | DELETE | /devices/{thermostat} |
        | device       | GET    | /devices/{thermostat} |
        | device       | GET    | /twins/{thermostat}   |
        | registryRead | POST   | /twins/{thermostat}/methods |

  @WIRE-AUTH-21
  Rule: A signature that is not well-formed base64 is refused

    Scenario Outline: <form>
      When "thermostat" connects with:
        | signature | <form> |
      Then "thermostat" is refused with return code 5

      Examples:
        | form             |
        | unpadded         |
        | followed by text |

  @WIRE-AUTH-22
  Rule: The resource is compared without regard to case

    Scenario: In upper case
      When "thermostat" connects with:
        | scope | {host}%2FDEVICES%2F{thermostat} |
      Then "thermostat" is accepted
