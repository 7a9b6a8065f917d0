//! Every command that the documentation prints exists, with these arguments.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::Cli;

/// A text of the documentation, by its name.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let folder = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = folder.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect();
    paths.extend([root.join("README.md"), root.join("packaging/signet.service")]);
    paths.sort();
    let read = |path: &std::path::PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    paths.iter().map(read).collect()
}

/// The lines of blocks of shell, each with those that continue it.
fn shell_lines(page: &str) -> Vec<String> {
    let joined = page.replace("\\\n", " ");
    let mut in_shell = false;
    let mut lines = Vec::new();
    for line in joined.lines() {
        match line.trim() {
            "```sh" => in_shell = true,
            "```" => in_shell = false,
            command if in_shell => lines.push(command.to_owned()),
            _ => {}
        }
    }
    lines
}

/// The commands of a line of shell, in words: what stands between quotes is one, what follows `#` or `>` is none.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let (mut word, mut quote) = (String::new(), None);
    for character in line.chars().chain([' ']) {
        match (character, quote) {
            ('"' | '\'', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            (' ', None) => match std::mem::take(&mut word).as_str() {
                "" => {}
                "&&" | "|" | ";" => commands.push(Vec::new()),
                whole => commands.last_mut().unwrap().push(whole.to_owned()),
            },
            _ => word.push(character),
        }
    }
    for command in &mut commands {
        let end = command.iter().position(|word| word.starts_with(['#', '>']) || word.starts_with("2>"));
        command.truncate(end.unwrap_or(command.len()));
    }
    commands
}

/// What follows the program's name, if a command runs it: first, after variables, or by its path.
fn arguments(words: &[String]) -> Option<&[String]> {
    let first = words.iter().position(|word| !word.starts_with("SIGNET_"))?;
    let program = match words[first].as_str() {
        "signet" => first,
        _ => words.iter().position(|word| word == "/usr/local/bin/signet")?,
    };
    Some(&words[program + 1..]).filter(|arguments| !arguments.is_empty())
}

/// The first word that no command has: a mention in a sentence may leave arguments out.
fn unknown<'w>(mut command: &Command, words: &'w [String]) -> Option<&'w str> {
    for word in words {
        let name = word.trim_end_matches(['…', '.', ',']);
        if let Some(flag) = name.strip_prefix("--") {
            let flag = flag.split('=').next().unwrap_or(flag);
            if !["help", "version"].contains(&flag)
                && !command.get_arguments().any(|known| known.get_long() == Some(flag))
            {
                return Some(word);
            }
        } else if command.has_subcommands() && !name.is_empty() {
            // `list|create|retire`: each of them, and the last leads on.
            for one in name.split('|') {
                match command.find_subcommand(one) {
                    Some(_) => {}
                    None => return Some(word),
                }
            }
            command = command.find_subcommand(name.split('|').next_back()?)?;
        }
    }
    None
}

#[test]
fn every_command_of_the_documentation_exists() {
    let mut known = Cli::command();
    known.build();
    let (mut wrong, mut run, mut mentioned) = (Vec::new(), 0, 0);
    for (page, text) in pages() {
        for words in shell_lines(&text).iter().flat_map(|line| commands(line)) {
            let Some(arguments) = arguments(&words) else { continue };
            run += 1;
            let line = std::iter::once("signet").chain(arguments.iter().map(String::as_str));
            if let Err(error) = Cli::command().try_get_matches_from(line) {
                wrong.push(format!("{page}: {}\n{error}", words.join(" ")));
            }
        }
        for mention in text.split('`').skip(1).step_by(2).filter(|mention| mention.starts_with("signet ")) {
            for words in commands(mention) {
                let Some(arguments) = arguments(&words) else { continue };
                mentioned += 1;
                if let Some(word) = unknown(&known, arguments) {
                    wrong.push(format!("{page}: `{mention}`: {word}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run > 15 && mentioned > 50, "{run} lines and {mentioned} mentions were looked at");
}

#[test]
fn what_does_not_exist_is_noticed() {
    let mut known = Cli::command();
    known.build();
    for (mention, missing) in [
        ("signet keys platform list|create|retire", None),
        ("signet project set shop --token-leeway", None),
        ("signet audit verify --checkpoints FILE", None),
        ("signet keys platform invent", Some("invent")),
        ("signet audit verify --checkpoint FILE", Some("--checkpoint")),
    ] {
        let words = commands(mention).remove(0);
        assert_eq!(unknown(&known, arguments(&words).unwrap()), missing, "{mention}");
    }
}
