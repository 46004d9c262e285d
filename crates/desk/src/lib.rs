//! The order at the centre: directory, state machine, ledger, idempotency, events; the Channel and Scene contracts.
