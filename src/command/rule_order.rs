//! Other priorities for several rules at once, so that nobody has in between what they have neither before nor after.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::{Change, Command, CommandError, Stamped, Subject, evaluate, rules};
use crate::domain::version::Stamp;
use crate::ids::{RuleId, WorkspaceId};
use crate::store;

/// Other priorities for rules; those that it does not name keep theirs.
pub struct OrderRules {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which, and what each one's priority is to be.
    pub priorities: Vec<(RuleId, i64)>,
}

impl Command for OrderRules {
    type Output = usize;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "rules.order"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    /// Gives how many rules have another priority now.
    async fn run(&self, change: &mut Change<'_>) -> Result<usize, CommandError> {
        let (mut concerned, mut changed): (BTreeSet<Uuid>, usize) = (BTreeSet::new(), 0);
        for (id, priority) in &self.priorities {
            let mut rule = rules::existing(change, self.workspace, *id).await?;
            if rule.priority == *priority {
                continue;
            }
            let powers = rules::permissions(change, &rule).await?;
            change.may_grant(powers)?;
            let changes = json!({"priority": {"old": rule.priority, "new": priority}});
            (rule.priority, rule.updated_at) = (*priority, change.now);
            store::rules::update(change.tx, &rule).await?;
            change.record(&rules::event("rule.updated", &rule, changes));
            changed += 1;
            // Which team somebody is in does not depend on the order; which role does.
            if let Some(group) = rule.group.filter(|_| rule.role.is_some()) {
                concerned.extend(evaluate::people_in(change, group).await?);
            }
        }
        evaluate::evaluate(change, &concerned.into_iter().collect::<Vec<_>>()).await?;
        Ok(changed)
    }
}

impl Stamped for OrderRules {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        change.workspace().await?;
        let rules = change.tx.rules(self.workspace).await?;
        Ok(rules::order_stamp(&rules))
    }
}
