@sut:hub @wire
Feature: Pages of a query
  The hub is responsible for the pages of a query giving each row once, and no more rows than were asked for.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-query-language

  Background:
    Given a registered identity "lamp"
    And a registered identity "fan"
    And a registered identity "heater"
    And a registered identity "pump"

  @WIRE-QRY-03 @WIRE-QRY-04
  Rule: All pages together give each row once

    Scenario Outline: <what> in pages of <size>
      When the service reads all pages of "<query>" with <size> rows each
      Then the pages have "<lengths>" rows
      And the rows of all pages are those of "lamp fan heater pump"

      Examples:
        | what         | size | lengths | query                                                                                             |
        | Named rows   | 1    | 1 1 1 1 | SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}', '{pump}']         |
        | Named rows   | 3    | 3 1     | SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}', '{pump}']         |
        | Found rows   | 2    | 2 2     | SELECT deviceId FROM devices WHERE STARTSWITH(deviceId, '{lamp}') OR STARTSWITH(deviceId, '{fan}') OR STARTSWITH(deviceId, '{heater}') OR STARTSWITH(deviceId, '{pump}') |
        | Whole twins  | 3    | 3 1     | SELECT * FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}', '{pump}']                |

    Scenario: The modules of several devices
      Given a registered identity "lamp/bulb"
      And a registered identity "lamp/switch"
      And a registered identity "fan/motor"
      When the service reads all pages of "SELECT deviceId, moduleId FROM devices.modules WHERE deviceId IN ['{lamp}', '{fan}']" with 2 rows each
      Then the pages have "2 1" rows
      And the rows of all pages have the different "moduleId" "bulb switch motor"

    Scenario: Groups
      Given the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"site":"north"}} |
      And the service requests PATCH "/twins/{fan}" with:
        | body | {"tags":{"site":"south"}} |
      And the service requests PATCH "/twins/{heater}" with:
        | body | {"tags":{"site":"west"}} |
      When the service reads all pages of "SELECT tags.site AS site, COUNT() AS total FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}'] GROUP BY tags.site" with 2 rows each
      Then the pages have "2 1" rows
      And the rows of all pages have the different "site" "north south west"

    @level:observed
    Scenario: A device that is deleted between two pages takes no other row with it
      When the service reads the first page of "SELECT deviceId FROM devices WHERE STARTSWITH(deviceId, '{lamp}') OR STARTSWITH(deviceId, '{fan}') OR STARTSWITH(deviceId, '{heater}') OR STARTSWITH(deviceId, '{pump}')" with 2 rows each
      And the service deletes the device of the last row
      And the service reads the other pages
      Then the pages have "2 2" rows
      And the rows of all pages are those of "lamp fan heater pump"

    @level:observed
    Scenario: A token of one query is not for another
      When the service queries "SELECT deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}']" with:
        | header x-ms-max-item-count | 1 |
      Then the answer has:
        | header x-ms-continuation | /./ |
      When the service queries "SELECT deviceId FROM devices WHERE deviceId IN ['{heater}', '{pump}']" with:
        | header x-ms-max-item-count | 1                          |
        | header x-ms-continuation   | {header.x-ms-continuation} |
      Then the answer is 400

  @WIRE-QRY-03
  Rule: TOP counts the rows of all pages

    Scenario Outline: <top> of four rows in pages of <size>
      When the service reads all pages of "SELECT TOP <top> deviceId FROM devices WHERE deviceId IN ['{lamp}', '{fan}', '{heater}', '{pump}']" with <size> rows each
      Then the pages have "<lengths>" rows

      Examples:
        | top | size | lengths |
        | 3   | 2    | 2 1     |
        | 2   | 2    | 2       |
        | 1   | 2    | 1       |
        | 9   | 3    | 3 1     |
