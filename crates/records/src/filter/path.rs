//! Fields of records that a record is linked to, over up to three relations: `field.organization.city.contains=Lyon`.

use crate::lens::lenses;
use db::tenant::records::RecordCondition;
use domain::{
    list::ListQuery,
    record::{Condition, Field, FieldKind, FieldRef, Lens, Op, Related, Test},
    user_field::FIELD_PREFIX,
};
use kernel::{Result, cx::TenantTx};

/// The most relations that a filter follows.
const RELATIONS_MAX: usize = 3;

/// What filters of a list can name: its own fields, and those of what its relations lead to, each as the caller sees it.
pub(super) struct Sight<'a> {
    /// The pipeline of the list.
    pub lens: &'a Lens,
    /// The pipelines that relations lead to; none where no filter follows one.
    others: Vec<Lens>,
}

/// A field that a filter names.
pub(super) struct Place<'a> {
    /// The relations that lead to it, in order.
    pub path: Vec<Related>,
    /// The field.
    pub field: &'a Field,
    /// The same for a query.
    pub named: FieldRef,
    /// What it is called, with the relations.
    pub label: String,
}

impl<'a> Sight<'a> {
    /// What the caller sees; `wish` is the name of the filter that is being added. Other pipelines are read where a filter follows a relation.
    pub async fn of(tx: &TenantTx, lens: &'a Lens, query: &ListQuery, wish: Option<&str>) -> Result<Self> {
        let has_path = |name: &&str| {
            let keys: Vec<&str> = name.split('.').collect();
            keys.len() > 2 || keys.len() == 2 && keys.last().is_some_and(|op| Op::parse(op).is_none())
        };
        let filters = query.filters.iter().filter_map(|(name, _)| name.strip_prefix(FIELD_PREFIX)).filter(has_path);
        let wished = wish.and_then(|name| name.strip_prefix(FIELD_PREFIX));
        let is_relation = |key: &str| lens.field(key).is_some_and(|field| field.relation.is_some());
        let follows = filters.chain(wished).any(|keys| is_relation(keys.split('.').next().unwrap_or_default()));
        Ok(Self { lens, others: if follows { lenses(tx).await? } else { Vec::new() } })
    }

    /// The keys and the comparison of a name such as `organization.city.contains`.
    pub fn keys_and_op<'n>(&self, name: &'n str) -> (Vec<&'n str>, &'n str) {
        let keys: Vec<&str> = name.split('.').collect();
        match keys.as_slice() {
            [key, op] if self.lens.field(key).is_none_or(|field| field.relation.is_none()) => (vec![*key], *op),
            [rest @ .., op] if !rest.is_empty() && Op::parse(op).is_some() => (rest.to_vec(), *op),
            _ => (keys, ""),
        }
    }

    /// The field that these keys lead to, if the caller sees it and all on the way.
    pub fn place(&self, keys: &[&str]) -> Option<Place<'_>> {
        let (last, relations) = keys.split_last()?;
        let (mut lens, mut path, mut label) = (self.lens, Vec::new(), String::new());
        for key in relations.iter().take(RELATIONS_MAX + 1) {
            let field = lens.field(key)?;
            let related = lens.related(field).filter(|_| path.len() < RELATIONS_MAX)?;
            lens = self.others.iter().find(|other| other.pipeline().id == related.end.pipeline)?;
            label.push_str(&format!("{} › ", field.label));
            path.push(related);
        }
        let field = lens.field(last)?;
        label.push_str(&field.label);
        Some(Place { path, field, named: lens.field_ref(last)?, label })
    }

    /// The fields behind a relation that a filter can go on to: how addresses name each, and what it is called.
    pub fn further(&self, name: &str, keys: usize, field: &Field) -> Vec<(String, String)> {
        let end = field.relation.as_ref().filter(|_| keys <= RELATIONS_MAX);
        let lens = end.and_then(|end| self.others.iter().find(|other| other.pipeline().id == end.pipeline));
        let inverse = end.map(|end| end.inverse);
        let fields = lens.into_iter().flat_map(Lens::fields).filter(|field| Some(field.id) != inverse);
        let leads_on = |field: &Field| field.kind != FieldKind::Relation || keys < RELATIONS_MAX;
        fields.filter(|field| leads_on(field)).map(|field| (format!("{name}.{}", field.key), field.label.clone())).collect()
    }
}

/// A condition on the field at the end of these relations. A negated one is met where nothing at the end meets its opposite, so records without
/// a link remain.
pub(super) fn over(path: Vec<Related>, condition: Condition) -> RecordCondition {
    if path.is_empty() {
        return RecordCondition::Field(condition);
    }
    let Condition { field, test, negated } = condition;
    // What is empty is what leads to nothing that is filled.
    let is_empty = test == Test::Empty;
    RecordCondition::Path(path, Condition { field, test, negated: is_empty }, negated != is_empty)
}
