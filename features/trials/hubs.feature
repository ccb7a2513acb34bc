@sut:hub @wire @trial
Feature: Generated trials of hubs
  The hub is responsible for values and orders that no example names: each rule is tried with many that a seed draws.

  Background:
    Given a registered identity "lamp"

  @WIRE-D2C-03
  Rule: The properties of a message are what its topic says, whatever they hold

    @hub:alone
    Scenario: Any property bag
      Given "lamp" is online
      Then any property bag that "lamp" publishes is read as it was meant

  @WIRE-TWIN-22
  Rule: A twin is what all patches together make of it

    Scenario: Any patches of both sides
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      Then any patches of the twin of "lamp", by service and device, add up

  @WIRE-C2D-20 @WIRE-HTTP-08
  Rule: A queue holds what was sent and not settled, in its order

    Scenario: Any order of deliveries
      Then any order of sending to "lamp", receiving and settling keeps its queue

  @WIRE-C2D-09 @WIRE-SESS-06
  Rule: A message is delivered in each connection until it is acknowledged

    Scenario: Any order of losses and acknowledgements
      Then any order of sending to "lamp", losing its connection and acknowledging delivers each message until it is settled

  @WIRE-C2D-16
  Rule: The limit of a message is counted in bytes, and the last one counts

    Scenario: Any size around it
      Then a message to "lamp" of any size around the limit is taken up to it

  @WIRE-REG-01 @WIRE-REG-03 @WIRE-REG-04 @WIRE-REG-05 @WIRE-REG-07 @WIRE-REG-23
  Rule: An identity is what the last request that was taken has made of it

    Scenario: Any life of a device
      Then any order of creating, changing and deleting "fan" leads where it must

    Scenario: Any life of a module
      Then any order of creating, changing and deleting "lamp/bulb" leads where it must

  @WIRE-QRY-06 @WIRE-QRY-13
  Rule: A query finds the twins for which its condition is true

    Scenario: Any condition and any twins, page by page
      Then any condition over any twins finds those for which it is true

  @WIRE-TWIN-29
  Rule: The depth is at most 10, whatever is nested

    Scenario: Objects and arrays
      Then a value of "lamp" at any depth, in objects and arrays, is taken up to the limit

  @WIRE-CFG-01
  Rule: Of configurations that write the same path the one with the highest priority wins

    @hub:alone
    Scenario: Any priorities
      Then of any configurations for "lamp" the one with the highest priority wins at each path
