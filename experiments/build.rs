//! Rebuilds the crate when a migration is added: `sqlx::migrate!` only notices changes of those it already knows.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
