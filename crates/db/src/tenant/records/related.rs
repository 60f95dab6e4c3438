//! What records are linked to, as pieces of SQL.

use crate::fragment::Fragment;
use diesel::sql_types::Bool;
use domain::record::{Owners, Related, RelationSide};

/// The column of links that holds the records of an end.
pub(super) const fn column(side: RelationSide) -> &'static str {
    match side {
        RelationSide::From => "from_id",
        RelationSide::To => "to_id",
    }
}

/// `FROM .. WHERE ..` of the records `t` that a record is linked to and that the user sees.
pub(super) fn linked(related: &Related) -> Fragment<Bool> {
    let (here, there) = (column(related.end.side), column(related.end.side.other()));
    let all = Fragment::new(format!("FROM links l JOIN records t ON t.id = l.{there} WHERE l.{here} = records.id AND l.relation_id = "));
    all.bind(related.end.id).and(is_seen("t", related))
}

/// Whether a record is linked to one that the user sees and that meets a condition. Within the condition, `records` is the other record.
pub(super) fn reaching(related: &Related, condition: Fragment<Bool>) -> Fragment<Bool> {
    let (here, there) = (column(related.end.side), column(related.end.side.other()));
    let all = format!("records.id IN (SELECT l.{here} FROM links l JOIN records ON records.id = l.{there} WHERE l.relation_id = ");
    let all = Fragment::new(all).bind(related.end.id).and(is_seen("records", related));
    all.sql(" AND (").and(condition).sql("))")
}

/// ` AND ..`: a record, called so in the statement, is one at the other end of a relation that the user sees.
fn is_seen(name: &str, related: &Related) -> Fragment<Bool> {
    let all =
        Fragment::new(format!(" AND {name}.pipeline_id = ")).bind(related.end.pipeline).sql(format!(" AND {name}.deleted_at IS NULL"));
    let Owners::Of(users) = &related.rows.owners else { return all };
    let all = all.sql(format!(" AND ({name}.owner_id = ANY(")).bind(users.iter().map(|user| user.0).collect::<Vec<_>>());
    if related.rows.shared.is_empty() {
        return all.sql("))");
    }
    all.sql(format!(") OR {name}.id = ANY(")).bind(related.rows.shared.iter().map(|id| id.0).collect::<Vec<_>>()).sql("))")
}
