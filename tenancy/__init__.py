"""What a tenant is and owns: values, the query language, rules, ports, stores, lifecycle. Knows nothing of HTTP."""
