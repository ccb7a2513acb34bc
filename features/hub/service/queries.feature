@sut:hub @wire
Feature: Queries
  The hub is responsible for a query giving the rows that are due, page by page, and for refusing what it cannot read.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-query-language

  Background:
    Given a registered identity "lamp"
    And a registered identity "fan"

  @WIRE-QRY-01 @WIRE-QRY-02
  Rule: A query is answered with an array of twins, or of rows

    Scenario: Twins
      When the service queries "SELECT * FROM devices WHERE deviceId = '{lamp}'"
      Then the answer is 200
      And the answer has:
        | header x-ms-item-type  | Twin                 |
        | header content-type    | /^application\/json/ |
        | length                 | 1                    |
        | 0.deviceId             | {lamp}               |
        | 0.properties.desired   | present              |
        | header x-ms-continuation | absent             |

    Scenario: Nothing found
      When the service queries "SELECT * FROM devices WHERE deviceId = '{lamp}-unknown'"
      Then the answer is 200
      And the answer has:
        | header x-ms-item-type    | Twin   |
        | text                     | []     |
        | header x-ms-continuation | absent |

  @WIRE-QRY-03 @WIRE-QRY-04
  Rule: The next page comes with the token of the one before, and the last has none

    Scenario: Three rows in pages of two
      Given a registered identity "heater"
      When the service queries "SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}']" with:
        | header x-ms-max-item-count | 2 |
      Then the answer has:
        | length                   | 2          |
        | header x-ms-continuation | /./        |
      When the service queries "SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}']" with:
        | header x-ms-max-item-count | 2                            |
        | header x-ms-continuation   | {header.x-ms-continuation}   |
      Then the answer has:
        | length                   | 1      |
        | header x-ms-continuation | absent |

    Scenario: Two rows in a page of two have no next page
      When the service queries "SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}']" with:
        | header x-ms-max-item-count | 2 |
      Then the answer has:
        | length                   | 2      |
        | header x-ms-continuation | absent |

  @WIRE-QRY-17
  Rule: A page has at most 100 rows; a size that is not accepted is replaced

    Scenario Outline: A size of <size>
      When the service queries "SELECT * FROM devices WHERE deviceId IN ['{lamp}', '{fan}']" with:
        | header x-ms-max-item-count | <size> |
      Then the answer is 200
      And the answer has:
        | length | 2 |

      Examples:
        | size |
        | 0    |
        | -1   |
        | 101  |
        | many |

  @WIRE-QRY-06 @WIRE-QRY-10 @WIRE-QRY-12 @WIRE-QRY-13 @WIRE-QRY-15 @WIRE-QRY-16
  Rule: A condition gives the rows for which it is true, and no others

    Scenario Outline: <condition>
      Given the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"n":3,"site":"north","ok":true,"none":{},"key-1":1,"list":["a","b"],"group":"x"}} |
      And the service requests PATCH "/twins/{fan}" with:
        | body | {"tags":{"n":5,"site":"south","ok":false}} |
      When the service queries "SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}'] AND (<condition>)"
      Then the answer is 200
      And the rows are those of "<found>"

      Examples:
        | condition                                        | found    |
        | tags.n = 3                                       | lamp     |
        | tags.n != 3                                      | fan      |
        | tags.n <> 3                                      | fan      |
        | tags.n < 5                                       | lamp     |
        | tags.n <= 5                                      | lamp fan |
        | tags.n > 3                                       | fan      |
        | tags.n >= 3                                      | lamp fan |
        | tags.n >= 4 OR tags.site = 'north'               | lamp fan |
        | tags.n >= 3 AND tags.site = 'north'              | lamp     |
        | NOT tags.n = 3                                   | fan      |
        | tags.n IN [3, 4]                                 | lamp     |
        | tags.n NIN [3, 4]                                | fan      |
        | tags.n + 2 = 5                                   | lamp     |
        | tags.site IN ['south', 'west']                   | fan      |
        | IS_DEFINED(tags.none)                            | lamp     |
        | NOT IS_DEFINED(tags.none)                        | fan      |
        | IS_NUMBER(tags.n)                                | lamp fan |
        | IS_STRING(tags.n)                                |          |
        | IS_BOOL(tags.ok)                                 | lamp fan |
        | IS_OBJECT(tags.none)                             | lamp     |
        | STARTSWITH(tags.site, 'no')                      | lamp     |
        | ENDSWITH(tags.site, 'uth')                       | fan      |
        | ARRAY_CONTAINS(tags.list, 'b')                   | lamp     |
        | tags.ok = true                                   | lamp     |
        | tags.n = '3'                                     |          |
        | tags.n != '3'                                    |          |
        | tags.ok != 1                                     |          |
        | tags.site != 3                                   |          |
        | tags.missing != 1                                |          |
        | tags.none = tags.none                            |          |
        | tags.key-1 = 1                                   | lamp     |
        | tags.[[group]] = 'x'                             | lamp     |
        | TAGS.n = 3                                       | lamp     |
        | tags.N = 3                                       |          |
        | properties.reported.$version = 1                 | lamp fan |
        | connectionState = 'Disconnected'                 | lamp fan |
        | tags.n = 3 /* the lamp */ AND tags.ok = true     | lamp     |

  @WIRE-QRY-05 @WIRE-QRY-16
  Rule: Columns and aggregates give rows of their own

    Scenario: Columns
      When the service queries "SELECT DeviceId, version AS v, tags.missing FROM devices WHERE deviceId = '{lamp}'"
      Then the answer has:
        | header x-ms-item-type | Raw                           |
        | text                  | [{"deviceId":"{lamp}","v":2}] |

    Scenario: A count
      When the service queries "SELECT COUNT() AS total FROM devices WHERE deviceId IN ['{lamp}', '{fan}']"
      Then the answer has:
        | header x-ms-item-type | Raw           |
        | text                  | [{"total":2}] |

    Scenario: Groups
      Given the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"site":"north"}} |
      And the service requests PATCH "/twins/{fan}" with:
        | body | {"tags":{"site":"north"}} |
      When the service queries "SELECT tags.site AS site, COUNT() AS total FROM devices WHERE deviceId IN ['{lamp}', '{fan}'] GROUP BY tags.site"
      Then the answer has:
        | text | [{"site":"north","total":2}] |

    Scenario: Modules
      Given a registered identity "lamp/bulb"
      When the service queries "SELECT * FROM devices.modules WHERE deviceId = '{lamp}'"
      Then the answer has:
        | length     | 1    |
        | 0.moduleId | bulb |

  @WIRE-QRY-07
  Rule: The key of the query may be in capitals

    Scenario: As the Go SDK writes it
      When the service requests POST "/devices/query" with:
        | body | {"Query":"SELECT * FROM devices WHERE deviceId = '{lamp}'"} |
      Then the answer is 200
      And the answer has:
        | length | 1 |

  @WIRE-QRY-08 @WIRE-QRY-11 @WIRE-QRY-12 @WIRE-QRY-15 @WIRE-QRY-19
  Rule: What the language does not have is refused

    Scenario Outline: <query>
      When the service queries "<query>"
      Then the answer is 400

      Examples:
        | query                                                 |
        | SELECT                                                |
        | SELECT * FROM somewhere                               |
        | SELECT * FROM devices WHERE                           |
        | SELECT * FROM devices WHERE tags.n ==  3              |
        | SELECT * FROM devices WHERE tags.n IN (3, 4)          |
        | SELECT * FROM devices WHERE tags.n IN []              |
        | SELECT * FROM devices WHERE tags.n NOT IN [3]         |
        | SELECT * FROM devices WHERE tags.n LIKE 'a%'          |
        | SELECT * FROM devices ORDER BY deviceId               |
        | SELECT COUNT(*) FROM devices                          |
        | SELECT tags.n + 1 FROM devices                        |
        | SELECT * FROM devices WHERE tags.list[0] = 1          |
        | SELECT * FROM devices;                                |
        | SELECT * FROM devices WHERE tags.group = 'x'          |
        | SELECT * FROM devices WHERE STARTS_WITH(tags.n, 'a')  |
        | SELECT * FROM devices WHERE CONTAINS(tags.n, 'a')     |
        | SELECT * FROM devices WHERE ABS(tags.n) = 1           |
        | SELECT jobId FROM devices.jobs                        |
        | SELECT COUNT() FROM devices.jobs                      |
        | SELECT * FROM devices.jobs WHERE tags.n = 1           |

  @WIRE-QRY-14
  Rule: Comments are skipped, and only those between slashes and stars

    Scenario: Both kinds
      When the service queries "SELECT /* all */ deviceId FROM devices WHERE /* one */ deviceId = '{lamp}'"
      Then the answer is 200
      And the rows are those of "lamp"
      When the service queries "SELECT deviceId FROM devices -- all of them"
      Then the answer is 400

  @WIRE-QRY-09
  Rule: A query has at most 8192 characters

    Scenario Outline: <characters> characters
      When the service queries "SELECT * FROM devices WHERE tags.a = '{x*<fill>}'"
      Then the answer is <status>

      Examples:
        | characters | fill | status |
        | 8192       | 8153 | 200    |
        | 8193       | 8154 | 412    |

  @WIRE-QRY-18
  Rule: A query that is null is missing

    Scenario Outline: <body>
      When the service requests POST "/devices/query" with:
        | body | <body> |
      Then the answer is 400 ArgumentNull

      Examples:
        | body           |
        | {"query":null} |
        | {}             |
