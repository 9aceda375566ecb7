//! The live view of a running experiment, as lines: what is drawn again and again at the bottom of the terminal.

use super::describe;
use super::number::{duration, seconds_between, short};
use super::progress::{Progress, Running};
use super::result::counts;
use super::style::{Role, Style, pad, pad_left};
use jiff::Timestamp;

/// How many running trials are shown at the most.
const MOST_RUNNING: usize = 8;

/// The lines, each no wider than the terminal, at most `rows` of them.
pub fn lines(progress: &Progress, style: &Style, rows: usize, now: Timestamp) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        bar(progress, style, now),
        format!("  {}", counts(&progress.counts, style)),
    ];
    let room = rows.saturating_sub(lines.len() + 3).min(MOST_RUNNING);
    lines.extend(running(progress, style, room, now));
    lines.extend(best(progress, style));
    lines.truncate(rows);
    lines.iter().map(|line| style.fit(line)).collect()
}

/// `━━━━━━━━╸───────  18/40  3.1/s  8s left`.
fn bar(progress: &Progress, style: &Style, now: Timestamp) -> String {
    let finished = progress.finished();
    let mut facts = Vec::new();
    match progress.experiment.limits.max_trials {
        Some(max) => facts.push(style.strong(format!("{finished}/{max}"))),
        None => facts.push(style.strong(format!("{finished} finished"))),
    }
    if let Some(rate) = progress.rate(now) {
        facts.push(format!("{}/s", short(round_rate(rate))));
    }
    if progress.stopping {
        facts.push(style.paint(Role::Cut, "stopping"));
    } else if let Some(left) = progress.seconds_left(now) {
        facts.push(format!("{} left", duration(left)));
    }
    let share = progress
        .experiment
        .limits
        .max_trials
        .map(|max| finished as f64 / max.max(1) as f64);
    let drawn = share.map(|share| stripe(share, bar_columns(style), style));
    let facts = facts.join("  ");
    match drawn {
        Some(drawn) => format!("  {drawn}  {facts}"),
        None => format!("  {facts}"),
    }
}

/// Two digits are all a rate is good for.
fn round_rate(rate: f64) -> f64 {
    let unit = 10_f64.powf(rate.log10().floor() - 1.0);
    (rate / unit).round() * unit
}

fn bar_columns(style: &Style) -> usize {
    (style.width.unwrap_or(80) / 2).clamp(10, 50)
}

fn stripe(share: f64, columns: usize, style: &Style) -> String {
    let halves = (share.clamp(0.0, 1.0) * (columns * 2) as f64).floor() as usize;
    let mut done = style.pick("━", "#").repeat(halves / 2);
    let mut rest = columns - halves / 2;
    if halves % 2 == 1 && style.unicode {
        done += "╸";
        rest -= 1;
    }
    let rest = style.pick("─", ".").repeat(rest);
    format!("{}{}", style.paint(Role::Good, done), style.dim(rest))
}

fn running(progress: &Progress, style: &Style, room: usize, now: Timestamp) -> Vec<String> {
    let active: Vec<(&u64, &Running)> = progress
        .running
        .iter()
        .filter(|(_, running)| running.since.is_some())
        .collect();
    let step_width = active
        .iter()
        .map(|(_, running)| steps(running).len())
        .max()
        .unwrap_or(0);
    let latest_width = active
        .iter()
        .map(|(_, running)| latest(running, progress).len())
        .max()
        .unwrap_or(0);
    let mut lines: Vec<String> = active
        .iter()
        .take(room)
        .map(|(number, running)| {
            let columns = [
                style.paint(Role::Active, pad_left(&number.to_string(), 6)),
                pad(&steps(running), step_width),
                pad_left(&elapsed(running, now), 6),
                pad(&latest(running, progress), latest_width),
                style.dim(describe::configuration(&running.parameters)),
            ];
            columns.join("  ")
        })
        .collect();
    if active.len() > room && room > 0 {
        lines.push(style.dim(format!("        and {} more", active.len() - room)));
    }
    lines
}

fn steps(running: &Running) -> String {
    let names: Vec<String> = running
        .steps
        .iter()
        .map(|(step, attempt)| match attempt {
            0 | 1 => step.clone(),
            _ => format!("{step} (attempt {attempt})"),
        })
        .collect();
    names.join(", ")
}

fn elapsed(running: &Running, now: Timestamp) -> String {
    running
        .since
        .map(|since| duration(seconds_between(since, now)))
        .unwrap_or_default()
}

fn latest(running: &Running, progress: &Progress) -> String {
    match running.latest {
        Some((level, value)) => format!(
            "{}={} at {}",
            progress.experiment.objective.metric,
            short(value),
            short(level)
        ),
        None => String::new(),
    }
}

fn best(progress: &Progress, style: &Style) -> Vec<String> {
    let Some(best) = &progress.best else {
        return Vec::new();
    };
    let value = format!(
        "{}={}",
        progress.experiment.objective.metric,
        short(best.objective)
    );
    vec![format!(
        "  {} {}  trial {}  {}",
        style.paint(Role::Good, "best"),
        style.paint(Role::Good, style.strong(value)),
        best.trial,
        describe::configuration(&best.parameters)
    )]
}

#[cfg(test)]
mod tests {
    use super::super::progress::tests::progress;
    use super::*;
    use insta::assert_snapshot;

    fn frame(style: &Style, rows: usize) -> String {
        let (mut progress, _) = progress();
        progress.running.get_mut(&3).unwrap().latest = Some((4.0, 0.9333));
        lines(&progress, style, rows, Timestamp::from_second(8).unwrap()).join("\n")
    }

    #[test]
    fn a_frame_fits_eighty_columns() {
        let style = Style {
            width: Some(80),
            ..Style::PLAIN
        };
        assert_snapshot!(frame(&style, 20), @r"

        ━━━─────────────────────────────────────  3/40  0.4/s  1m33s left
        1 running · 2 succeeded · 1 failed
           3  train (attempt 2)    3.0s  accuracy=0.9333 at 4  model=random_forest n_…
        best accuracy=0.95  trial 1  model=random_forest n_estimators=51
        ");
    }

    #[test]
    fn an_experiment_that_stops_has_no_time_left() {
        let (mut progress, _) = progress();
        progress.stopping = true;
        let now = Timestamp::from_second(8).unwrap();
        let text = lines(&progress, &Style::PLAIN, 20, now).join("\n");
        assert!(text.contains("3/40  0.4/s  stopping\n"), "{text}");
    }

    #[test]
    fn a_frame_in_ascii_and_in_a_small_terminal() {
        let style = Style {
            width: Some(40),
            unicode: false,
            ..Style::PLAIN
        };
        let text = frame(&style, 5);
        assert!(text.is_ascii(), "{text}");
        assert!(text.lines().count() <= 5, "{text}");
        assert!(text.lines().all(|line| line.len() <= 40), "{text}");
    }
}
