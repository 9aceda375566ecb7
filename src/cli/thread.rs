//! Work that must hold up nothing but itself.

use anyhow::Result;
use tokio::sync::oneshot;

/// Does it on a thread of its own; what comes of it.
pub fn of_its_own<F>(
    name: &str,
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<oneshot::Receiver<Result<()>>>
where
    F: Future<Output = Result<()>>,
{
    let (done, ended) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Nobody waits any more when the user has left.
            let _ = done.send(runtime.block_on(work()));
        })?;
    Ok(ended)
}
