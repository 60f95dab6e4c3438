//! Where randomness comes from. Passed in, so that tests can fix it.

/// A cryptographically secure source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the Entropy that everything else asks")]
        let filled = getrandom::fill(buffer);
        // Without randomness nothing here is safe: going on would be worse than stopping.
        #[expect(clippy::expect_used, reason = "see above")]
        filled.expect("the operating system gives random bytes");
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut buffer = [0; N];
    entropy.fill(&mut buffer);
    buffer
}

/// `N` random bytes in hexadecimal: a name that nobody guesses.
pub fn random_name<const N: usize>(entropy: &dyn Entropy) -> String {
    hex::encode(bytes::<N>(entropy))
}
