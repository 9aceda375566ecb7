//! Lists: a part of one, and where the next part begins.

use super::{ListedTrial, Metric, Summary, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares a list, named after what it lists.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident { $items:ident: $item:ty })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        pub struct $name {
            /// In order.
            pub $items: Vec<$item>,
            /// What `cursor` takes for the next page; null at the end.
            pub next: Option<String>,
        }

        impl $name {
            /// A page of what the store listed.
            pub fn page(items: impl IntoIterator<Item = impl Into<$item>>, next: Option<String>) -> Self {
                Self {
                    $items: items.into_iter().map(Into::into).collect(),
                    next,
                }
            }
        }
    )*};
}

lists! {
    /// A page of experiments.
    Experiments { experiments: Summary }
    /// A page of trials.
    Trials { trials: ListedTrial }
    /// A page of what a trial reported.
    Metrics { metrics: Metric }
    /// A page of tokens.
    Tokens { tokens: Token }
}
