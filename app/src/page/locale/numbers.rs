//! Numbers, formatted as people read them, with the decimal mark of the page's language.

use super::intl::localized;

/// A share of 1 as whole percent; never 0 or 100 unless it is.
pub fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent >= 99.5 && share < 1.0 {
        "> 99\u{202f}%".into()
    } else if percent < 1.0 && share > 0.0 {
        "< 1\u{202f}%".into()
    } else {
        format!("{percent:.0}\u{202f}%")
    }
}

/// A share of 1 as percent with one decimal; never 0 or 100 unless it is.
pub fn exact_percent(share: f32) -> String {
    if share > 0.0 && share < 0.001 {
        localized("< 0.1\u{202f}%".into())
    } else if share < 1.0 && share > 0.999 {
        localized("> 99.9\u{202f}%".into())
    } else {
        localized(format!("{:.1}\u{202f}%", share * 100.0))
    }
}

/// A whole number, with narrow spaces between thousands.
pub fn whole(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + 6);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A number with a minus sign that is as wide as a digit, and never before zero.
pub fn signed(value: f32, decimals: usize) -> String {
    let text = localized(format!("{value:.decimals$}"));
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().any(|c| ('1'..='9').contains(&c)) => {
            format!("\u{2212}{digits}")
        }
        Some(digits) => digits.to_owned(),
        None => text,
    }
}

/// Bytes as megabytes, with one decimal and without the unit.
pub fn megabytes(bytes: u64) -> String {
    decimal(bytes as f64 / 1e6, 1)
}

/// Bytes as kB, MB or GB, whichever fits.
pub fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    let (number, unit) = match bytes {
        ..1e6 => (bytes / 1e3, "kB"),
        ..1e9 => (bytes / 1e6, "MB"),
        _ => (bytes / 1e9, "GB"),
    };
    let decimals = usize::from(number < 100.0 && unit != "kB");
    format!("{}\u{202f}{unit}", decimal(number, decimals))
}

/// A duration in milliseconds, told in seconds from one second on.
pub fn duration(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.0}\u{202f}ms")
    } else {
        format!("{}\u{202f}s", decimal(milliseconds / 1000.0, 1))
    }
}

/// A number with so many decimals.
pub fn decimal(value: f64, decimals: usize) -> String {
    localized(format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::locale::{Language, catalog::speak};

    #[test]
    fn shares_are_never_all_or_nothing_unless_they_are() {
        for (share, text) in [
            (0.0, "0"),
            (0.004, "< 1"),
            (0.934, "93"),
            (0.999, "> 99"),
            (1.0, "100"),
        ] {
            assert_eq!(percent(share), format!("{text}\u{202f}%"));
        }
        for (share, text) in [(0.0002, "< 0.1"), (0.9346, "93.5"), (0.9999, "> 99.9")] {
            assert_eq!(exact_percent(share), format!("{text}\u{202f}%"));
        }
    }

    #[test]
    fn sizes_have_the_unit_that_fits() {
        for (bytes, text) in [
            (0, "0 kB"),
            (53_400, "53 kB"),
            (31_046_751, "31.0 MB"),
            (154_000_000, "154 MB"),
            (2_147_000_000, "2.1 GB"),
        ] {
            assert_eq!(size(bytes).replace('\u{202f}', " "), text);
        }
    }

    #[test]
    fn minus_is_a_minus_and_never_before_nothing() {
        assert_eq!(signed(-0.25, 2), "\u{2212}0.25");
        assert_eq!(signed(-0.001, 2), "0.00");
        assert_eq!(signed(3.0, 1), "3.0");
    }

    #[test]
    fn durations_turn_into_seconds() {
        for (milliseconds, text) in [(0.4, "0 ms"), (999.0, "999 ms"), (1500.0, "1.5 s")] {
            assert_eq!(duration(milliseconds).replace('\u{202f}', " "), text);
        }
        assert_eq!(megabytes(31_046_751), "31.0");
    }

    #[test]
    fn the_decimal_mark_is_the_languages() {
        speak(Language::German, "{}");
        assert_eq!(exact_percent(0.9346), "93,5\u{202f}%");
        assert_eq!(exact_percent(0.0002), "< 0,1\u{202f}%");
        assert_eq!(signed(-0.25, 2), "\u{2212}0,25");
        assert_eq!(size(31_046_751), "31,0\u{202f}MB");
        assert_eq!(duration(1500.0), "1,5\u{202f}s");
    }
}
