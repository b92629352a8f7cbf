//! Who works at the machine, as the log names them: by the operating system's account, which is no
//! account of ours and is labelled so. Who may become another user there may be another in the log.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// Longest name that is taken over.
const LONGEST: usize = 32;

/// `os:budi`; `os:root (sudo budi)` where somebody became root for it. The user is the one that the
/// process runs as, not what the environment says, which anybody can set; only sudo's word for who
/// asked is out of there, and stands in brackets.
pub(super) fn operator() -> String {
    let uid = fs::metadata("/proc/self").map(|process| process.uid()).ok();
    let name = match uid {
        Some(uid) => name_of(uid, &fs::read_to_string("/etc/passwd").unwrap_or_default()),
        // No /proc: the environment's word is better than none.
        None => plain(&std::env::var("USER").unwrap_or_default()),
    };
    let name = if name.is_empty() { "?".to_owned() } else { name };
    let asked = std::env::var("SUDO_USER").map(|asked| plain(&asked)).unwrap_or_default();
    if asked.is_empty() || asked == name {
        format!("os:{name}")
    } else {
        format!("os:{name} (sudo {asked})")
    }
}

/// The name of a user; the number of one that a directory elsewhere names.
fn name_of(uid: u32, passwd: &str) -> String {
    let mine = |line: &&str| line.split(':').nth(2) == Some(uid.to_string().as_str());
    let line = passwd.lines().find(mine);
    let name = line.and_then(|line| line.split(':').next()).map(plain).unwrap_or_default();
    if name.is_empty() { uid.to_string() } else { name }
}

/// What may stand in the log of it.
fn plain(name: &str) -> String {
    let fine = |c: &char| c.is_ascii_alphanumeric() || "._-@".contains(*c);
    name.chars().filter(fine).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::{name_of, plain};

    #[test]
    fn a_user_is_named_by_the_system_or_by_number() {
        let passwd = "root:x:0:0:root:/:/bin/sh\nbudi:x:1000:1000::/:/bin/sh\n";
        assert_eq!(name_of(1000, passwd), "budi");
        assert_eq!(name_of(0, passwd), "root");
        assert_eq!(name_of(100, passwd), "100");
        assert_eq!(plain("bu di\n\u{1b}[31m)"), "budi31m");
    }
}
