/// The sinks that Gantry has.
package enum BuiltInSinks {}
