//! Room `synth`: the deliveries and their truth.

use tepat::progress::Silent;
use tepat::synth::{SynthConfig, synthesise};

#[test]
#[ignore = "takes a minute; run by name for a measurement"]
fn time_and_memory_of_three_hundred_thousand_families() {
    let families = std::env::var("FAMILIES").ok().and_then(|n| n.parse().ok()).unwrap_or(300_000);
    let folder = tempfile::tempdir().unwrap();
    let start = std::time::Instant::now();
    let report =
        synthesise(&SynthConfig::demo(families, folder.path().join("d")), &Silent).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{seconds:.1} s, {peak}");
    println!("{}", serde_json::to_string(&report.files).unwrap());
    for row in &report.calibration {
        println!("{}", serde_json::to_string(row).unwrap());
    }
    println!("{}", serde_json::to_string(&report.programmes).unwrap());
}
