"""What models were asked and what it cost, as other tools recorded it → a store → the call sites that asked."""
