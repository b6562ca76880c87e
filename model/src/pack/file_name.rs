//! Names of files that other files name ([`is_plain_file_name`]): a manifest its towers', an index
//! its shards'.

/// Bytes of the longest name that every file system takes.
const MAX_BYTES: usize = 255;

/// Separators, drives and streams of any system, and what an address or a pattern reads otherwise.
const REFUSED: &[char] = &['/', '\\', ':', '*', '?', '"', '<', '>', '|', '#', '%'];

/// Devices of Windows, which are opened by these names in every folder, whatever follows a dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether this names a file directly in the folder at hand, on every system and in an address:
/// no path, no `..`, no drive, no device.
pub fn is_plain_file_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_lowercase();
    let is_numbered = |kind| {
        let number = stem.strip_prefix(kind);
        number.is_some_and(|number| number.chars().count() == 1)
    };
    !name.is_empty()
        && name.len() <= MAX_BYTES
        && !name.contains(REFUSED)
        && !name.contains(char::is_control)
        // Windows takes these off: "..." and ".. " are "..", too.
        && !name.ends_with(['.', ' '])
        && !DEVICES.contains(&stem.as_str())
        && !is_numbered("com")
        && !is_numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_in_the_folder_are_plain() {
        for name in [
            "image.safetensors",
            "model-00001-of-00002.safetensors",
            ".hidden",
            "a..b",
            "naïve file (1).bin",
            "console.json",
            "com.json",
        ] {
            assert!(is_plain_file_name(name), "{name}");
        }
        let long = "a".repeat(256);
        for name in [
            "",
            ".",
            "..",
            "...",
            ".. ",
            "/etc/passwd",
            "../secret",
            "a/b",
            "a\\b",
            "..\\secret",
            "\\\\server\\share",
            "C:secret",
            "C:\\secret",
            "file:///etc/passwd",
            "a\0b",
            "a\nb",
            "NUL",
            "nul.safetensors",
            "COM1.bin",
            "lpt9",
            "%2e%2e",
            "a?b",
            "a#b",
            &long,
        ] {
            assert!(!is_plain_file_name(name), "{name:?}");
        }
    }
}
