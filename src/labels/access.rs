//! Roles and rights in words.

use crate::access::{ChangeKind, PasswordFault, Role};

/// What a role is called.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Public => "umum",
        Role::Viewer => "pembaca",
        Role::Planner => "perencana",
        Role::Verifier => "verifikator",
        Role::DataOfficer => "petugas data",
        Role::Auditor => "auditor",
        Role::Admin => "administrator",
    }
}

/// What a role may do, in one sentence.
pub fn role_means(role: Role) -> &'static str {
    match role {
        Role::Public => "melihat halaman angka tanpa masuk",
        Role::Viewer => "melihat halaman angka dan mengunduhnya",
        Role::Planner => "melihat halaman angka dan menetapkan daftar prioritas",
        Role::Verifier => "melihat keluarga menurut nama di wilayahnya, dengan tujuan yang dicatat",
        Role::DataOfficer => "menerima data, membuat potret data, dan menelaah padanan",
        Role::Auditor => "membaca catatan: siapa melihat apa",
        Role::Admin => "mengelola akun; tidak melihat keluarga menurut nama",
    }
}

/// What is to become of an account.
pub fn change(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Add => "akun baru",
        ChangeKind::Role => "peran atau wilayah lain",
        ChangeKind::Reset => "kata sandi baru",
        ChangeKind::Enable => "akun dibuka lagi",
    }
}

/// How long to wait, in words.
pub fn waiting(seconds: i64) -> String {
    match seconds {
        ..90 => format!("{} detik", seconds.max(1)),
        _ => format!("{} menit", (seconds + 59) / 60),
    }
}

/// What a browser says of itself, as its owner recognises it.
pub fn browser(agent: &str) -> String {
    let first = |words: &[(&str, &'static str)]| {
        words.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let machine = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, machine) {
        (Some(browser), Some(machine)) => format!("{browser} di {machine}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "peramban lain".to_owned(),
    }
}

/// Why a text is no password, and what to do.
pub fn password_fault(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::Short => "Kata sandi sekurang-kurangnya 12 karakter.",
        PasswordFault::Long => "Kata sandi paling panjang 128 karakter.",
        PasswordFault::Repeated => "Kata sandi itu hanya memakai beberapa karakter yang berulang.",
        PasswordFault::Common => {
            "Kata sandi itu mudah ditebak. Rangkai beberapa kata yang tidak berhubungan."
        }
        PasswordFault::HoldsName => "Kata sandi tidak boleh memuat nama akun.",
    }
}
