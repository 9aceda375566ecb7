//! How trials are handed out to clients: only in an experiment without a pipeline.

use super::super::experiment::{Leases, Pipeline};
use super::Check;
use super::fields::Fields;

impl Check<'_> {
    /// `Some(None)` with a pipeline; `None` when something is wrong.
    pub(super) fn leases(
        &mut self,
        fields: &Fields<'_>,
        pipeline: Option<&Pipeline>,
    ) -> Option<Option<Leases>> {
        if pipeline.is_none_or(|pipeline| !pipeline.is_empty()) {
            self.no_lease(fields, "lease", "`timeout`");
            self.no_lease(fields, "max_retries", "`retries`");
            return Some(None);
        }
        let lease = self.duration(fields, "lease");
        let max_retries = self.whole(fields, "max_retries");
        Some(Some(Leases {
            lease: lease?,
            max_retries: u32::try_from(max_retries?).ok()?,
        }))
    }

    fn no_lease(&mut self, fields: &Fields<'_>, key: &str, instead: &str) {
        let Some(at) = fields.get(key) else { return };
        let message = format!("`{key}` does not belong to an experiment with a pipeline");
        let help = format!(
            "it is for trials that clients ask for and evaluate; steps have {instead} for that"
        );
        let place = at.key_place().clone();
        self.problems.add_at(at.path, place, message, Some(help));
    }
}
