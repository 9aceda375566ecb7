//! `tune token`: who may use the service.

use super::backend::Backend;
use super::context::{Context, unknown};
use super::format::{Format, pretty};
use crate::error::Failure;
use crate::exit;
use crate::http::access::{secret, word};
use crate::http::check_token_name;
use crate::terminal::table::{Align, Table};
use crate::wire;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use tune_experiments::spec::parse_duration;
use tune_experiments::store::{NewToken, Role};

/// Make, list and revoke the tokens of the service
///
/// Once there is a token, the service answers nobody without one.
#[derive(Args, Debug)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token; it is shown this once
    Create(CreateArgs),
    /// List the tokens
    List(ListArgs),
    /// Revoke a token: from now on it is refused
    Revoke(RevokeArgs),
}

#[derive(Args, Debug)]
struct CreateArgs {
    /// What it allows
    #[arg(long, value_enum)]
    role: RoleArg,
    /// Name of the token
    #[arg(long, value_parser = name)]
    name: String,
    /// After how long it ceases to be good, such as 30d or 12h [default: never]
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    expires: Option<SignedDuration>,
}

#[derive(Args, Debug)]
struct ListArgs {
    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args, Debug)]
struct RevokeArgs {
    /// Name of the token
    name: String,
}

/// What a token allows.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    /// Read everything
    Viewer,
    /// Also submit, change, and evaluate
    Editor,
    /// Also delete, and manage tokens
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Editor => Self::Editor,
            RoleArg::Admin => Self::Admin,
        }
    }
}

fn name(text: &str) -> Result<String, String> {
    check_token_name(text).map(|()| text.to_owned())
}

fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let wrong = |what| format!("it {what}; write 30d or 12h");
    let duration = parse_duration(text).map_err(wrong)?;
    let duration = SignedDuration::try_from(duration).ok();
    let duration = duration.filter(SignedDuration::is_positive);
    duration.ok_or_else(|| wrong("is no time from now"))
}

pub async fn run(args: TokenArgs, context: Context) -> Result<u8> {
    match args.command {
        TokenCommand::Create(args) => create(args, &context).await,
        TokenCommand::List(args) => list(&args, &context).await,
        TokenCommand::Revoke(args) => revoke(&args, &context).await,
    }
}

async fn create(args: CreateArgs, context: &Context) -> Result<u8> {
    let token = match context.client()? {
        Some(client) => client.create_token(&wanted(&args)).await?.token,
        None => create_in_store(&args, context).await?,
    };
    context.say(&format!(
        "token `{}`; it is shown this once, keep it well",
        args.name
    ));
    context.print(&format!("{token}\n"))?;
    Ok(exit::SUCCEEDED)
}

fn wanted(args: &CreateArgs) -> wire::TokenWanted {
    wire::TokenWanted {
        name: args.name.clone(),
        role: args.role.into(),
        expires_in: args.expires.map(whole_seconds),
    }
}

/// A life shorter than a second is a second of a server's.
fn whole_seconds(life: SignedDuration) -> u64 {
    let begun = i64::from(life.subsec_nanos() > 0);
    u64::try_from(life.as_secs().saturating_add(begun)).unwrap_or_default()
}

async fn create_in_store(args: &CreateArgs, context: &Context) -> Result<String> {
    let store = context.create_store().await?;
    let token = secret::generate().context("the system has no random numbers")?;
    let created_at = Timestamp::now();
    let expires_at = args.expires.map(|it| created_at.checked_add(it));
    let new = NewToken {
        name: args.name.clone(),
        role: args.role.into(),
        hash: secret::hash(&token),
        created_at,
        expires_at: expires_at
            .transpose()
            .map_err(|_| Failure::new("that is too far away").code(exit::USAGE))?,
    };
    store.create_token(new).await?;
    Ok(token)
}

async fn tokens(backend: &Backend) -> Result<Vec<wire::Token>> {
    Ok(match backend {
        Backend::Store(store) => {
            let records = store.tokens().await?.into_iter();
            records.map(wire::Token::from).collect()
        }
        Backend::Server(client) => client.tokens().await?,
    })
}

async fn list(args: &ListArgs, context: &Context) -> Result<u8> {
    let tokens = tokens(&context.backend().await?).await?;
    let text = match args.format {
        Format::Json => pretty(&wire::Tokens::page(tokens, None))?,
        Format::Text if tokens.is_empty() => {
            context.say("there are no tokens");
            return Ok(exit::SUCCEEDED);
        }
        Format::Text => table(&tokens, context),
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}

fn table(tokens: &[wire::Token], context: &Context) -> String {
    let titles = ["name", "role", "created", "expires"];
    let mut table = Table::new(titles.map(|title| (title, Align::Firm)));
    for token in tokens {
        table.row(row(token));
    }
    table.render(&context.style, 0)
}

fn row(token: &wire::Token) -> Vec<String> {
    let expires = match token.expires_at {
        None => "never".to_owned(),
        Some(end) if end <= Timestamp::now() => format!("{end:.0}, expired"),
        Some(end) => format!("{end:.0}"),
    };
    vec![
        token.name.clone(),
        word(token.role).to_owned(),
        format!("{:.0}", token.created_at),
        expires,
    ]
}

async fn revoke(args: &RevokeArgs, context: &Context) -> Result<u8> {
    let backend = context.backend().await?;
    let revoked = match &backend {
        Backend::Store(store) => store.revoke_token(&args.name).await?,
        Backend::Server(client) => client.revoke_token(&args.name).await?,
    };
    if revoked {
        context.say(&format!("token `{}` is refused from now on", args.name));
        return Ok(exit::SUCCEEDED);
    }
    let known = tokens(&backend).await?.into_iter().map(|token| token.name);
    let known: Vec<String> = known.collect();
    let see = format!("{} token list", context.tune);
    Err(unknown("token", &args.name, &known, &see).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_may_be_given_in_days() {
        assert_eq!(lifetime("30d"), Ok(SignedDuration::from_hours(720)));
        assert_eq!(lifetime("12h"), Ok(SignedDuration::from_hours(12)));
        assert_eq!(whole_seconds(lifetime("500ms").unwrap()), 1);
        assert_eq!(whole_seconds(lifetime("1h").unwrap()), 3600);
        for wrong in ["0d", "-1d", "d", "soon", "99999d"] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }
}
