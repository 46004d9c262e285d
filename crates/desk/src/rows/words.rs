//! The states and kinds of the desk's rows. A value this release does not know is kept as it is (`Other`).

store::text_enum! {
    /// Where an order stands.
    pub enum OrderState {
        /// Waiting for money.
        Open = "open",
        /// Paid; something is still to be handed out by a device.
        Paid = "paid",
        /// Paid and handed out.
        Fulfilled = "fulfilled",
        /// Ended without being paid; money that comes later flows back (rule 1).
        Closed = "closed",
    }
}

store::text_enum! {
    /// Where an attempt stands.
    pub enum AttemptState {
        /// The payer can pay, or is paying.
        Pending = "pending",
        /// The outcome is unclear and is being asked for; never called failed (rule 3).
        InDoubt = "in_doubt",
        /// The money came.
        Succeeded = "succeeded",
        /// The channel said no for good.
        Declined = "declined",
        /// Stopped unpaid.
        Closed = "closed",
        /// Undone after an unclear outcome.
        Reversed = "reversed",
    }
}

store::text_enum! {
    /// What the driver of an attempt does next; what was written here survives a restart (rule 11).
    pub enum Step {
        /// Ask the channel for a code.
        Present = "present",
        /// The charge was sent, or was about to be: never sent again, only asked about.
        Charge = "charge",
        /// Ask where it stands, on the schedule.
        Poll = "poll",
        /// Close it at the channel.
        Close = "close",
        /// Reverse it at the channel until that is final.
        Reverse = "reverse",
        /// Nothing more to do.
        Done = "done",
    }
}

store::text_enum! {
    /// How payer and terminal meet.
    pub enum Presentment {
        /// The payer scans a code that is shown (主扫).
        MerchantPresented = "merchant_presented",
        /// The terminal scans the payer's code (被扫).
        CustomerPresented = "customer_presented",
        /// A tap with both sides online.
        Tap = "tap",
        /// A tap with neither side online.
        OfflineTap = "offline_tap",
        /// Inside a wallet's own page or app.
        InApp = "in_app",
        /// Debited later by consent.
        Agreement = "agreement",
        /// Notes and coins.
        Cash = "cash",
    }
}

store::text_enum! {
    /// Where a refund stands.
    pub enum RefundState {
        /// On its way.
        Processing = "processing",
        /// The money is back.
        Succeeded = "succeeded",
        /// It did not happen; the advice says what an operator can do.
        Failed = "failed",
    }
}

store::text_enum! {
    /// Why a refund was opened.
    pub enum RefundCause {
        /// Somebody asked for it.
        Requested = "requested",
        /// The order was paid already (rule 1).
        DuplicatePayment = "duplicate_payment",
        /// The order was closed before the money came (rule 1).
        PaidAfterClose = "paid_after_close",
        /// A scan that could not be reversed any more was paid (rule 3).
        ReversalTooLate = "reversal_too_late",
        /// The goods could not be handed out (rule 6).
        FulfilmentFailed = "fulfilment_failed",
    }
}

store::text_enum! {
    /// Whether something that was handed out has reached the payer.
    pub enum FulfilmentState {
        /// A device must still do it and say so.
        Pending = "pending",
        /// Handed out.
        Done = "done",
        /// The device failed; claimable or refunded.
        Failed = "failed",
        /// Taken back by a refund.
        Revoked = "revoked",
    }
}

store::text_enum! {
    /// What an operator or key may do, by job.
    pub enum Role {
        /// Everything at the merchant, settings and people included.
        Owner = "owner",
        /// Sells, refunds, sees reports, manages terminals.
        Manager = "manager",
        /// Sells and works shifts at a terminal.
        Cashier = "cashier",
        /// Looks, changes nothing.
        Auditor = "auditor",
    }
}

store::text_enum! {
    /// Whether something in the directory may be used.
    pub enum Standing {
        /// In use.
        On = "on",
        /// Switched off; nothing is lost.
        Off = "off",
    }
}
