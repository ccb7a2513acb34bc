@sut:hub @wire
Feature: Devices in the registry
  The hub is responsible for each identity being there once, as it was written last, and gone when it is deleted.
  https://learn.microsoft.com/rest/api/iothub/service/devices

  @WIRE-REG-01 @WIRE-REG-02
  Rule: A creation makes an identity with keys of its own

    Scenario: No keys are given
      Given a registered identity "lamp"
      When the service requests GET "/devices/{lamp}"
      Then the answer is 200
      And the answer has:
        | deviceId                                 | {lamp}                      |
        | generationId                             | /^\d{15,}$/                 |
        | etag                                     | /^[A-Za-z0-9+\/]+=*$/       |
        | status                                   | enabled                     |
        | authentication.type                      | sas                         |
        | authentication.symmetricKey.primaryKey   | /^[A-Za-z0-9+\/]{43}=$/     |
        | authentication.symmetricKey.secondaryKey | /^[A-Za-z0-9+\/]{43}=$/     |
        | header etag                              | "{answer.etag}"             |

    Scenario: Two identities have different keys
      Given a registered identity "lamp"
      And a registered identity "fan"
      When "lamp" connects with:
        | key | of fan |
      Then "lamp" is refused with return code 5

    Scenario Outline: A key of <bytes> bytes
      When the service requests PUT "/devices/{lamp}" with:
        | body | {"deviceId":"{lamp}","authentication":{"type":"sas","symmetricKey":{"primaryKey":"<key>","secondaryKey":"<key>"}}} |
      Then the answer is <status>

      Examples:
        | bytes | status | key                                                                                      |
        | 15    | 400    | AAAAAAAAAAAAAAAAAAAA                                                                     |
        | 16    | 200    | AAAAAAAAAAAAAAAAAAAAAA==                                                                 |
        | 64    | 200    | AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA== |
        | 65    | 400    | AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= |

  @WIRE-REG-03
  Rule: An id is created once

    Scenario: The second creation changes nothing
      Given a registered identity "lamp"
      When the service requests PUT "/devices/{lamp}" with:
        | body | {"deviceId":"{lamp}","status":"disabled"} |
      Then the answer is 409 DeviceAlreadyExists
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | status | enabled |

  @WIRE-REG-04
  Rule: An update needs the etag of now, or any

    Scenario: Two updates in a row
      Given a registered identity "lamp"
      When the service requests GET "/devices/{lamp}"
      And the service requests PUT "/devices/{lamp}" with:
        | header if-match | "{answer.etag}"                           |
        | body            | {"deviceId":"{lamp}","status":"disabled"} |
      Then the answer is 200
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | "{answer.etag}"                                                |
        | body            | {"deviceId":"{lamp}","status":"disabled","statusReason":"old"} |
      Then the answer is 200
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | status       | disabled |
        | statusReason | old      |

    @clock
    Scenario: The time of the status is that of its last change
      Given a registered identity "lamp"
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                         |
        | body            | {"deviceId":"{lamp}","status":"disabled"} |
      And the statusUpdatedTime of the answer is remembered
      And 5 seconds pass at the hub
      And the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                                              |
        | body            | {"deviceId":"{lamp}","status":"disabled","statusReason":"old"} |
      Then the statusUpdatedTime of the answer is the same
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                        |
        | body            | {"deviceId":"{lamp}","status":"enabled"} |
      Then the statusUpdatedTime of the answer is another

  @WIRE-REG-05
  Rule: A stale etag is refused, and nothing happens

    Scenario Outline: <verb>
      Given a registered identity "lamp"
      When the service requests <verb> "/devices/{lamp}" with:
        | header if-match | "MTIz"                                    |
        | body            | {"deviceId":"{lamp}","status":"disabled"} |
      Then the answer is 412 PreconditionFailed
      And the answer has:
        | Message | /existingVersion:\d+ newVersion:\d+/ |
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | status | enabled |

      Examples:
        | verb   |
        | PUT    |
        | DELETE |

    Scenario: The etag of before an update
      Given a registered identity "lamp"
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                    |
        | body            | {"deviceId":"{lamp}"} |
      And the service requests DELETE "/devices/{lamp}" with:
        | header if-match | "{answer.etag}" |
      Then the answer is 204

  @WIRE-REG-06
  Rule: An unknown device is not found

    Scenario Outline: <verb>
      When the service requests <verb> "/devices/{lamp}-unknown" with:
        | header if-match | * |
      Then the answer is 404 DeviceNotFound

      Examples:
        | verb   |
        | GET    |
        | DELETE |

  @WIRE-REG-07
  Rule: With a device go its twin, its modules and what was meant for it

    Scenario Outline: <path>
      Given a registered identity "lamp"
      And a registered identity "lamp/bulb"
      When the service requests DELETE "/devices/{lamp}" with:
        | header if-match | * |
      Then the answer is 204
      When the service requests GET "<path>"
      Then the answer is 404

      Examples:
        | path                       |
        | /devices/{lamp}            |
        | /twins/{lamp}              |
        | /twins/{lamp}/modules/bulb |

    Scenario: A device that is created again begins anew
      Given a registered identity "lamp"
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"site":"north"},"properties":{"desired":{"on":true}}} |
      And the service sends "lamp" the message "for the old one"
      And the service requests DELETE "/devices/{lamp}" with:
        | header if-match | * |
      Given a registered identity "lamp"
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags                      | absent |
        | properties.desired.on     | absent |
        | cloudToDeviceMessageCount | 0      |
        | version                   | 2      |

    Scenario Outline: Its <field> is another
      Given a registered identity "lamp"
      When the service requests GET "/devices/{lamp}"
      And the <field> of the answer is remembered
      And the service requests DELETE "/devices/{lamp}" with:
        | header if-match | * |
      And the service requests PUT "/devices/{lamp}" with:
        | body | {"deviceId":"{lamp}"} |
      Then the answer is 200
      And the <field> of the answer is another

      Examples:
        | field        |
        | generationId |
        | etag         |

  @WIRE-REG-08
  Rule: A list has at most as many devices as were asked for

    Scenario Outline: <path>
      Given a registered identity "lamp"
      And a registered identity "fan"
      When the service requests GET "<path>"
      Then the answer is 200
      And the answer has:
        | length     | 1       |
        | 0.deviceId | present |
        | 0.etag     | present |

      Examples:
        | path             |
        | /devices?top=1   |
        | /devices/?top=1  |

    Scenario: Both devices are listed
      Given a registered identity "lamp"
      And a registered identity "fan"
      When the service requests GET "/devices?top=1000"
      Then the answer has:
        | text | /{lamp}/ |
        | text | /{fan}/  |

  @WIRE-REG-09
  Rule: A device id has 128 of the characters that are allowed

    Scenario Outline: <what>
      When the service requests PUT "/devices/<path>" with:
        | body | {"deviceId":"<id>"} |
      Then the answer is <status>

      Examples:
        | what                  | status | path                                        | id                                 |
        | all marks             | 200    | {lamp}-.+%25_%23*%3F!(),:=@$';              | {lamp}-.+%_#*?!(),:=@$';           |
        | a blank               | 400    | {lamp}%20x                                  | {lamp} x                           |
        | a letter beyond ASCII | 400    | {lamp}%C3%A9                                | {lamp}é                            |
        | 129 characters        | 400    | {x*129}                                     | {x*129}                            |

  @WIRE-REG-19
  Rule: An identity shows its state

    Scenario: Connected, with a message that waits
      Given a registered identity "lamp"
      And the service sends "lamp" the message "hello"
      And "lamp" is online
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | cloudToDeviceMessageCount | 1                             |
        | connectionState           | Connected                     |
        | lastActivityTime          | /^\d{4}-\d\d-\d\dT/           |
        | connectionStateUpdatedTime | present                      |

  @WIRE-REG-18
  Rule: The hub counts its devices

    @hub:alone
    Scenario: Two devices, one disabled and one connected
      Given a registered identity "lamp"
      And a registered identity "fan" with:
        | status | disabled |
      And "lamp" is online
      When the service requests GET "/statistics/devices"
      Then the answer has:
        | enabledDeviceCount  | /^\d+$/ |
        | disabledDeviceCount | 1       |
      When the service requests GET "/statistics/service"
      Then the answer has:
        | connectedDeviceCount | 1 |

  @WIRE-REG-10
  Rule: A bulk request makes each of its changes

    Scenario: Two creations
      When the service requests POST "/devices" with:
        | body | [{"id":"{lamp}","importMode":"create"},{"id":"{fan}","importMode":"create","status":"disabled"}] |
      Then the answer is 200
      And the answer has:
        | isSuccessful    | true |
        | errors.length   | 0    |
        | warnings.length | 0    |
      When the service requests GET "/devices/{fan}"
      Then the answer has:
        | status | disabled |
      When the service requests POST "/devices" with:
        | body | [{"id":"{lamp}","importMode":"delete"},{"id":"{fan}","importMode":"delete"}] |
      And the service requests GET "/devices/{lamp}"
      Then the answer is 404 DeviceNotFound

    Scenario Outline: <mode> with the etag of another time changes nothing
      Given a registered identity "lamp"
      When the service requests POST "/devices" with:
        | body | [{"id":"{lamp}","importMode":"<mode>","eTag":"MTIz","status":"disabled","tags":{"a":1}}] |
      Then the answer is 400
      And the answer has:
        | isSuccessful      | false  |
        | errors.length     | 1      |
        | errors.0.deviceId | {lamp} |
      When the service requests GET "/devices/{lamp}"
      Then the answer has:
        | status | enabled |
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags | absent |

      Examples:
        | mode                      |
        | updateIfMatchETag         |
        | createOrUpdateIfMatchETag |
        | deleteIfMatchETag         |
        | updateTwinIfMatchETag     |

  @WIRE-REG-11
  Rule: A bulk request names each entry that failed, and makes the others

    Scenario: One exists already
      Given a registered identity "lamp"
      When the service requests POST "/devices" with:
        | body | [{"id":"{lamp}","importMode":"create"},{"id":"{fan}","importMode":"create"}] |
      Then the answer is 400
      And the answer has:
        | isSuccessful            | false                        |
        | errors.length           | 1                            |
        | errors.0.deviceId       | {lamp}                       |
        | header iothub-errorcode | BulkRegistryOperationFailure |
        | header iothuberrorcode  | BulkRegistryOperationFailure |
      When the service requests GET "/devices/{fan}"
      Then the answer is 200

  @WIRE-REG-25
  Rule: Attributes are kept and shown from 2024-03-31 on

    Scenario: Of a device and its twin
      When the service requests PUT "/devices/{lamp}?api-version=2024-03-31" with:
        | body | {"deviceId":"{lamp}","attributes":{"owner":"facilities"}} |
      Then the answer is 200
      When the service requests GET "/devices/{lamp}?api-version=2024-03-31"
      Then the answer has:
        | attributes.owner | facilities |
      When the service requests GET "/twins/{lamp}?api-version=2024-03-31"
      Then the answer has:
        | attributes.owner | facilities |
      When the service requests GET "/devices/{lamp}?api-version=2021-04-12"
      Then the answer has:
        | attributes | absent |
