@sut:hub @wire
Feature: Digital twins
  The hub is responsible for showing a twin as the model of its device describes it, and for taking only what a model can describe.
  https://learn.microsoft.com/azure/iot/howto-manage-digital-twin

  Background:
    Given a registered identity "thermostat"

  @WIRE-DTW-01
  Rule: The metadata of a property has the desired value and its version

    Scenario: Written once
      When the service requests PATCH "/digitaltwins/{thermostat}" with:
        | body | [{"op":"add","path":"/target","value":21}] |
      Then the answer is 202
      When the service requests GET "/digitaltwins/{thermostat}"
      Then the answer has:
        | $metadata.target.desiredValue   | 21 |
        | $metadata.target.desiredVersion | 2  |

  @WIRE-DTW-02
  Rule: Names are names of DTDL

    Scenario Outline: <name>
      When the service requests PATCH "/digitaltwins/{thermostat}" with:
        | body | [{"op":"add","path":"/<name>","value":21}] |
      Then the answer is 400 ArgumentInvalid

      Examples:
        | name    |
        | 9target |
        | target_ |
        | a-b     |
        | {x*65}  |

  @WIRE-DTW-03
  Rule: A value has no arrays and at most five levels

    Scenario Outline: <value>
      When the service requests PATCH "/digitaltwins/{thermostat}" with:
        | body | [{"op":"add","path":"/target","value":<value>}] |
      Then the answer is 400 ArgumentInvalid

      Examples:
        | value                                         |
        | [1]                                           |
        | {"a":{"b":[1]}}                               |
        | {"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}         |

  @WIRE-DTW-04
  Rule: A component is replaced as a whole

    Scenario: Without one of its properties
      When the service requests PATCH "/digitaltwins/{thermostat}" with:
        | body | [{"op":"add","path":"/thermo","value":{"$metadata":{},"a":1,"b":2}}] |
      And the service requests PATCH "/digitaltwins/{thermostat}" with:
        | body | [{"op":"replace","path":"/thermo","value":{"$metadata":{},"a":3}}] |
      And the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | properties.desired.thermo.a | 3         |
        | properties.desired.thermo.b | absent |
