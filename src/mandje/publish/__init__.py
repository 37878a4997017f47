"""From a built warehouse to a snapshot that analysts and BI tools read, and back to an earlier one."""
