/// Brings records from the spool to the sinks.
package enum LogShipping {}
