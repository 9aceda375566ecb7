//! How figures are worked out and shown.

use std::time::Duration;

/// Shows one line.
pub fn line(what: &str, figures: &str) {
    println!("  {what:<52} {figures}");
}

/// So many a second.
pub fn rate(count: u64, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

/// Median and 95th percentile, in milliseconds.
pub fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| {
        let index = (times.len() as f64 * share) as usize;
        times[index.min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    format!("p50 {:.1} ms, p95 {:.1} ms", at(0.5), at(0.95))
}
