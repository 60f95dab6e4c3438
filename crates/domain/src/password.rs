//! The length of passwords, which the browser may check too; strength is judged by the server alone.

/// The least characters of a password that is the only factor (NIST SP 800-63B-4 3.1.1.2: 15).
pub const LENGTH_MIN: usize = 15;
/// The least characters where a second factor is asked for besides (NIST SP 800-63B-4 3.1.1.2: 8).
pub const LENGTH_FLOOR: usize = 8;
/// The most characters taken (NIST asks for at least 64); more are refused before any hashing.
pub const LENGTH_MAX: usize = 256;
