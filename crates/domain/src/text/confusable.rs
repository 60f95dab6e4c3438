//! What a text looks like (Unicode Technical Standard 39, 4).

use super::fold::fold;
use unicode_security::confusable_detection::skeleton;

/// What a name looks like at a glance: two names of one look are mistaken for each other. It is for comparing, never for showing.
#[must_use]
pub fn looks(name: &str) -> String {
    fold(&skeleton(&fold(name)).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_look() {
        for twin in ["АDMIN", "Admin\u{200b}", "Ａdmin", "adrnin", "Аdmіn", "ΑDMIN", "𝐀dmin"] {
            assert_eq!(looks(twin), looks("Admin"), "{twin}");
        }
        for other in ["Administrator", "Edmin", "Адмін", "Admin 2"] {
            assert_ne!(looks(other), looks("Admin"), "{other}");
        }
        assert_eq!(looks("Team 0"), looks("Team O"));
    }
}
