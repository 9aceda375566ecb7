//! Opens a page in the browser of whoever sits here, where there is one. That there is none is no failure: the address is said anyway.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// A command that opens a page; several are parted by `:`, the first that is there is taken. `%s` stands for the address; `none` opens
/// nothing.
const CHOICES: [&str; 2] = ["TUNE_BROWSER", "BROWSER"];
const NONE: &str = "none";

/// Opens the page; whether something is there that does.
pub fn open(url: &str) -> bool {
    let variable = |name: &str| std::env::var(name).ok();
    commands(variable, url)
        .into_iter()
        .any(|words| start(&words))
}

/// What opens the page, in the order in which to try.
fn commands(variable: impl Fn(&str) -> Option<String>, url: &str) -> Vec<Vec<String>> {
    let is_set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if let Some(chosen) = CHOICES.iter().find_map(|name| is_set(name)) {
        let chosen = chosen.split(':').map(str::trim);
        let chosen = chosen.filter(|it| !it.is_empty() && *it != NONE);
        return chosen.map(|command| with_address(command, url)).collect();
    }
    if cfg!(target_os = "macos") {
        return vec![with_address("open", url)];
    }
    // Without a display a browser would draw itself over what the terminal shows.
    let display = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"];
    match display.iter().any(|name| is_set(name).is_some()) {
        true => vec![with_address("xdg-open", url), with_address("wslview", url)],
        false => Vec::new(),
    }
}

fn with_address(command: &str, url: &str) -> Vec<String> {
    let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let places = words.iter_mut().filter(|word| word.contains("%s"));
    let found = places.map(|word| *word = word.replace("%s", url)).count();
    if found == 0 {
        words.push(url.to_owned());
    }
    words
}

/// Starts it on its own: Ctrl-C is not meant for it, and what it says is not for the terminal.
fn start(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove("TUNE_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    let Ok(mut browser) = command.spawn() else {
        return false;
    };
    // Its end is taken note of, should it come before that of this process.
    std::thread::spawn(move || browser.wait());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&str, &str)]) -> Vec<String> {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let commands = commands(variable, "http://localhost:1/a?b=c");
        commands.iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn what_the_user_chose_opens_the_page() {
        let chosen = with(&[
            ("BROWSER", "firefox --new-tab %s: links"),
            ("DISPLAY", ":0"),
        ]);
        let url = "http://localhost:1/a?b=c";
        assert_eq!(
            chosen,
            [format!("firefox --new-tab {url}"), format!("links {url}")]
        );
        let own = with(&[("BROWSER", "firefox"), ("TUNE_BROWSER", "lynx")]);
        assert_eq!(own, [format!("lynx {url}")]);
        assert!(with(&[("TUNE_BROWSER", "none"), ("BROWSER", "firefox")]).is_empty());
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn without_a_display_nothing_is_opened() {
        assert!(with(&[]).is_empty());
        assert!(with(&[("DISPLAY", ""), ("BROWSER", " ")]).is_empty());
        assert!(with(&[("WAYLAND_DISPLAY", "wayland-0")])[0].starts_with("xdg-open http"));
    }

    #[test]
    fn what_is_not_there_opens_nothing() {
        assert!(!start(&["/no/such/browser".to_owned()]));
        assert!(!start(&[]));
    }
}
