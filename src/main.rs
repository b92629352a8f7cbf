//! The thin binary: everything is in the library.

/// Linking fills and frees large tables on every thread; the system's allocator hands each back to
/// the kernel and takes it anew, which cost a fifth of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tepat::cli::run()
}
