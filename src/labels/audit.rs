//! The log of who did what, in words.

use crate::audit::{Action, Trouble};

/// What was done.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::SignedIn => "Masuk",
        Action::SignInRefused => "Gagal masuk",
        Action::LockedOut => "Akun dikunci sementara",
        Action::SignedOut => "Keluar",
        Action::SessionRevoked => "Sesi diakhiri",
        Action::AccountAdded => "Akun ditambahkan",
        Action::AccountDisabled => "Akun ditutup",
        Action::AccountEnabled => "Akun dibuka lagi",
        Action::AccountChanged => "Peran atau wilayah akun diubah",
        Action::AccountReset => "Kata sandi sementara diberikan",
        Action::PasswordChanged => "Kata sandi diganti",
        Action::SecondFactorChanged => "Autentikator dipasang atau dilepas",
        Action::RecoveryCodeUsed => "Kode pemulihan dipakai",
        Action::IdentityBound => "Identitas instansi lain dikaitkan",
        Action::ChangeAsked => "Perubahan akun diusulkan",
        Action::ChangeConfirmed => "Perubahan akun disetujui",
        Action::ChangeRefused => "Usulan perubahan akun ditolak",
        Action::ListOpened => "Daftar nama dibuka",
        Action::ListRefused => "Daftar nama ditolak",
        Action::ListLooked => "Daftar nama dilihat",
        Action::ListExported => "Daftar nama diunduh",
        Action::ListClosed => "Daftar nama ditutup",
        Action::ReviewExported => "Pasangan telaah diekspor",
        Action::DecisionsImported => "Keputusan telaah diimpor",
        Action::AnswerExported => "Jawaban kepada pemilik register dibuat",
        Action::LogLooked => "Catatan audit dilihat",
        Action::LogExported => "Catatan audit diunduh",
        Action::LogHealed => "Sisa catatan yang terputus dibuang",
        Action::ServerStarted => "Peladen dimulai",
        Action::Built => "Potret data dibuat",
        Action::BackedUp => "Cadangan dibuat",
        Action::Restored => "Cadangan dipulihkan",
        Action::Erased => "Kunci data keluarga dimusnahkan",
        Action::KeyRotated => "Kunci diganti",
        Action::Failed => "Gagal sesudah dicatat",
    }
}

/// What is wrong with the log, and where.
pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Form { file, line } => {
            format!("{}, baris {line}: bukan catatan", file.display())
        }
        Trouble::Changed { file, line } => {
            format!("{}, baris {line}: catatan diubah", file.display())
        }
        Trouble::Order { file, line, expected, found } => format!(
            "{}, baris {line}: catatan {found} di tempat catatan {expected}; ada yang hilang, ganda, atau bertukar urutan",
            file.display()
        ),
        Trouble::Link { file, line } => {
            format!("{}, baris {line}: tidak menyambung dengan catatan sebelumnya", file.display())
        }
        Trouble::Unkeyed { file, line } => {
            format!("{}, baris {line}: ditandai tanpa kunci", file.display())
        }
        Trouble::NeverKeyed => "tidak satu pun catatan ditandai dengan kunci".to_owned(),
        Trouble::Name { file } => {
            format!("{}: catatan pertamanya bukan yang disebut namanya", file.display())
        }
        Trouble::Cut { head, last } => {
            format!("akhir catatan terpotong: kepala menyebut {head}, catatan terakhir {last}")
        }
        Trouble::Head { seq } => format!("kepala tidak cocok dengan catatan {seq}"),
        Trouble::NoHead => "kepala catatan hilang".to_owned(),
        Trouble::HeadForged => "kepala catatan tidak ditulis dengan kunci".to_owned(),
        Trouble::Anchor { seq } => format!("catatan {seq} bukan lagi yang pernah dicatat"),
    }
}
