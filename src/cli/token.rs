//! `tune token`: who may use the service.

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
use tune_experiments::store::{NewToken, Role, TokenRecord};

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
    refuse_server(&context)?;
    match args.command {
        TokenCommand::Create(args) => create(args, &context).await,
        TokenCommand::List(args) => list(&args, &context).await,
        TokenCommand::Revoke(args) => revoke(&args, &context).await,
    }
}

/// Tokens are made where the store is; a server has them behind its own interface.
fn refuse_server(context: &Context) -> Result<()> {
    let Some(server) = context.server_url() else {
        return Ok(());
    };
    let failure = Failure::new("`tune token` works on a store, not on a server".to_owned())
        .hint("leave out --server, or unset TUNE_SERVER; --store says where the store is")
        .hint(format!(
            "an admin can manage tokens at {server}/api/v1/tokens"
        ))
        .code(exit::USAGE);
    Err(failure.into())
}

async fn create(args: CreateArgs, context: &Context) -> Result<u8> {
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
    context.say(&format!(
        "token `{}`; it is shown this once, keep it well",
        args.name
    ));
    context.print(&format!("{token}\n"))?;
    Ok(exit::SUCCEEDED)
}

async fn list(args: &ListArgs, context: &Context) -> Result<u8> {
    let tokens = context.store().await?.tokens().await?;
    let text = match args.format {
        Format::Json => pretty(&serde_json::to_value(wire::Tokens::page(tokens, None))?)?,
        Format::Text if tokens.is_empty() => {
            context.say("there are no tokens");
            return Ok(exit::SUCCEEDED);
        }
        Format::Text => table(&tokens, context),
    };
    context.print(&text)?;
    Ok(exit::SUCCEEDED)
}

fn table(tokens: &[TokenRecord], context: &Context) -> String {
    let titles = ["name", "role", "created", "expires"];
    let mut table = Table::new(titles.map(|title| (title, Align::Firm)));
    for token in tokens {
        table.row(row(token));
    }
    table.render(&context.style, 0)
}

fn row(token: &TokenRecord) -> Vec<String> {
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
    let store = context.store().await?;
    if store.revoke_token(&args.name).await? {
        context.say(&format!("token `{}` is refused from now on", args.name));
        return Ok(exit::SUCCEEDED);
    }
    let known = store.tokens().await?.into_iter().map(|token| token.name);
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
        for wrong in ["0d", "-1d", "d", "soon", "99999d"] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }
}
