//! What a crash may cost.

/// How much a crash of the machine may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged.
    Durable,
    /// Everything: for tests, which make their data anew.
    Throwaway,
}
