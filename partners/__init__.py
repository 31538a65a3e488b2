"""Partners: programs that call the API for merchants, agencies and gateways, their keys, and what they brought in."""
