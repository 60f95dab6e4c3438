//! Colours, and what can be read on them.

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(u32);

impl Color {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.trim().strip_prefix('#').filter(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))?;
        u32::from_str_radix(hex, 16).ok().map(Self)
    }

    /// As `#rrggbb`.
    #[must_use]
    pub fn hex(self) -> String {
        format!("#{:06x}", self.0)
    }

    /// The relative luminance (WCAG 2.2, definition).
    fn luminance(self) -> f64 {
        let channel = |shift: u32| {
            let value = f64::from(self.0 >> shift & 0xff) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.0722f64.mul_add(channel(0), 0.2126f64.mul_add(channel(16), 0.7152 * channel(8)))
    }

    /// The contrast to another colour, from 1 to 21 (WCAG 2.2, 1.4.3).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    /// The colour of text on it: black or white, whichever has the greater contrast; one of the two always has 4.5 to 1.
    #[must_use]
    pub fn text(self) -> &'static str {
        if self.contrast(BLACK) > self.contrast(WHITE) { "#000" } else { "#fff" }
    }
}

const BLACK: Color = Color(0);
const WHITE: Color = Color(0xff_ff_ff);
/// The least contrast of a mark to its ground (WCAG 2.2, 1.4.11).
const MARK_MIN: f64 = 3.0;

/// What is worth knowing of a company's colour before it is saved.
#[must_use]
pub fn contrast_text(color: Color) -> String {
    let (name, text) = if color.text() == "#000" { ("Black", BLACK) } else { ("White", WHITE) };
    let on_it = color.contrast(text);
    // Digits by hand: the code that writes floating point numbers is larger than all else of the islands.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 45 to 210")]
    let tenths = (on_it * 10.0).round() as u32;
    let says = format!("{name} text on it has a contrast of {}.{} to 1.", tenths / 10, tenths % 10);
    if color.contrast(WHITE) < MARK_MIN {
        return format!("{says} It is hard to see on a light page, so tabs and links use a darker shade of it.");
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_on_every_colour() {
        for value in (0..=0xff_ff_ff).step_by(4099) {
            let color = Color(value);
            let text = if color.text() == "#000" { BLACK } else { WHITE };
            assert!(color.contrast(text) >= 4.5, "{}", color.hex());
        }
        assert_eq!(Color::parse("#1D4ED8").unwrap().hex(), "#1d4ed8");
        assert_eq!(Color::parse("#1d4ed8").unwrap().text(), "#fff");
        assert_eq!(Color::parse("#facc15").unwrap().text(), "#000");
        assert!(contrast_text(Color::parse("#facc15").unwrap()).contains("darker shade"));
        assert_eq!(contrast_text(BLACK), "White text on it has a contrast of 21.0 to 1.");
        for bad in ["", "1d4ed8", "#1d4ed", "#1d4edg", "red"] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }
}
