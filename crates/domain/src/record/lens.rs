//! Who sees and changes what of a pipeline, in one place.

use super::{Field, FieldAccess, FieldRef, Owners, Pipeline, PipelineSettings, Reach, RecordAccess, Related, Rows, Stage};
use crate::{RecordId, UserId, user_field::FIELD_PREFIX};
use std::collections::{HashMap, HashSet};

/// What a user was given in a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// How far the user reaches.
    pub access: RecordAccess,
    /// The users of the same team: everyone below the user and in the user's teams.
    pub team: Vec<UserId>,
    /// Records that were shared with the user, each with whether the user may change it.
    pub shared: Vec<(RecordId, bool)>,
    /// Fields by their rows, where the user may not change them.
    pub fields: HashMap<i64, FieldAccess>,
    /// Whether any field is hidden from a role of the user, be it a deleted one.
    pub is_barred: bool,
    /// What the user sees of the pipelines that relations lead to, by their rows. A relation to a pipeline that is not among them is hidden.
    pub others: HashMap<i64, Rows>,
}

impl Sight {
    /// All of it.
    #[must_use]
    pub fn all() -> Self {
        Self { access: RecordAccess::ALL, ..Self::default() }
    }
}

/// A pipeline as one user sees it. No query reads the values of records without one, and only the fields that it gives can be read,
/// written, filtered or sorted by: a hidden one answers like one that does not exist.
#[derive(Clone, Debug)]
pub struct Lens {
    pipeline: Pipeline,
    /// The same without what names hidden fields.
    settings: PipelineSettings,
    user: UserId,
    fields: HashMap<i64, FieldAccess>,
    is_barred: bool,
    view: Rows,
    edit: Rows,
    delete: Rows,
    others: HashMap<i64, Rows>,
}

impl Lens {
    /// The pipeline as a user sees it; `None` for one who sees nothing of it.
    #[must_use]
    pub fn of(pipeline: Pipeline, user: UserId, sight: Sight) -> Option<Self> {
        let Sight { access, team, shared, fields, is_barred, others } = sight;
        if access.view == Reach::None {
            return None;
        }
        let owners = |reach| Owners::of(reach, user, &team);
        // What was shared for editing is edited by those who edit records at all.
        let may_edit = |(_, can_edit): &&(RecordId, bool)| *can_edit && access.edit != Reach::None;
        let edited = shared.iter().filter(may_edit).map(|(id, _)| *id).collect();
        let edit = Rows { owners: owners(access.edit), shared: edited };
        let delete = Rows { owners: owners(access.delete), shared: HashSet::new() };
        let view = Rows::of(access.view, user, &team, shared.into_iter().map(|(id, _)| id));
        let mut lens = Self { settings: pipeline.settings.clone(), pipeline, user, fields, is_barred, view, edit, delete, others };
        lens.settings = lens.settings_seen();
        Some(lens)
    }

    /// The settings of the pipeline, naming only fields that are seen.
    fn settings_seen(&self) -> PipelineSettings {
        let seen = |key: &Option<String>| key.clone().filter(|key| self.field(key).is_some());
        let PipelineSettings { title, value, due, done, columns } = &self.pipeline.settings;
        let is_shown = |column: &&String| match column.as_str() {
            "value" => value.is_none() || seen(value).is_some(),
            "due" => due.is_none() || seen(due).is_some(),
            other => other.strip_prefix(FIELD_PREFIX).is_none_or(|key| self.field(key).is_some()),
        };
        PipelineSettings {
            title: title.iter().filter(|key| self.field(key).is_some()).cloned().collect(),
            value: seen(value),
            due: seen(due),
            done: seen(done),
            columns: columns.iter().filter(is_shown).cloned().collect(),
        }
    }

    /// The same, narrowed to the user's own records.
    #[must_use]
    pub fn own(mut self) -> Self {
        self.view = Rows { owners: Owners::Of(vec![self.user]), shared: HashSet::new() };
        self
    }

    /// The same with no field hidden: for what is computed of a record, such as its keys. Nothing that is read through it is shown.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { settings: self.pipeline.settings.clone(), fields: HashMap::new(), is_barred: false, ..self.clone() }
    }

    /// The pipeline, with what the user does not see of it.
    #[must_use]
    pub const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// What the fields that are seen are used for.
    #[must_use]
    pub const fn settings(&self) -> &PipelineSettings {
        &self.settings
    }

    /// Who sees it so.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Which records are seen.
    #[must_use]
    pub const fn rows(&self) -> &Rows {
        &self.view
    }

    fn access(&self, field: &Field) -> FieldAccess {
        let is_out_of_sight = field.relation.as_ref().is_some_and(|end| !self.others.contains_key(&end.pipeline));
        if is_out_of_sight { FieldAccess::None } else { self.fields.get(&field.id).copied().unwrap_or_default() }
    }

    /// The slots whose values stay in the database.
    #[must_use]
    pub fn hidden(&self) -> Vec<String> {
        let hidden = self.pipeline.fields.iter().filter(|field| self.access(field) == FieldAccess::None);
        hidden.flat_map(Field::slots).cloned().collect()
    }

    /// The fields that are seen, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.pipeline.fields.iter().filter(|field| self.access(field) != FieldAccess::None)
    }

    /// The fields that are changed, in order.
    pub fn writable(&self) -> impl Iterator<Item = &Field> {
        self.pipeline.fields.iter().filter(|field| self.access(field) == FieldAccess::Write)
    }

    /// The field of that key, if it is seen.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| field.key == key)
    }

    /// The field of that key, for a query, if it is seen.
    #[must_use]
    pub fn field_ref(&self, key: &str) -> Option<FieldRef> {
        let field = self.field(key)?;
        FieldRef::of(field, self.related(field))
    }

    /// What a relation leads to, as far as the user sees it; `None` for another field.
    #[must_use]
    pub fn related(&self, field: &Field) -> Option<Related> {
        let end = field.relation.clone()?;
        Some(Related { rows: self.others.get(&end.pipeline)?.clone(), end })
    }

    /// The field that a setting of the pipeline names, if it is seen.
    #[must_use]
    pub fn named(&self, key: Option<&String>) -> Option<&Field> {
        self.field(key?)
    }

    /// Whether a setting of the pipeline names a field that is hidden.
    #[must_use]
    pub fn hides(&self, key: Option<&String>) -> bool {
        let named = key.and_then(|key| self.pipeline.fields.iter().find(|field| field.key == *key));
        named.is_some_and(|field| self.access(field) == FieldAccess::None)
    }

    /// Whether search texts, amounts and due dates of records may still hold values that are hidden from this user: the definition changed,
    /// and the job that recomputes them has not finished.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.pipeline.derived < self.pipeline.version && self.is_barred
    }

    /// The stage of that key.
    #[must_use]
    pub fn stage(&self, key: &str) -> Option<&Stage> {
        self.pipeline.stages.iter().find(|stage| stage.key == key)
    }

    /// The stage of that row.
    #[must_use]
    pub fn stage_of(&self, id: Option<i64>) -> Option<&Stage> {
        self.pipeline.stages.iter().find(|stage| Some(stage.id) == id)
    }

    /// The fields without which a record is not in a stage, as far as the user changes them, and the name of the stage.
    pub fn required_at(&self, stage: Option<i64>) -> impl Iterator<Item = (&Field, &str)> {
        let stage = self.stage_of(stage);
        let is_required = move |field: &&Field| stage.is_some_and(|stage| stage.requires.contains(&field.id));
        self.writable().filter(is_required).map(move |field| (field, stage.map_or("", |stage| stage.name.as_str())))
    }

    /// Whether records of others are seen too.
    #[must_use]
    pub fn sees_others(&self) -> bool {
        self.view.owners != Owners::Of(vec![self.user]) || !self.view.shared.is_empty()
    }

    /// Whether records can be made.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.edit.owners.contain(Some(self.user))
    }

    /// Whether a record of that owner can be changed.
    #[must_use]
    pub fn may_edit(&self, id: RecordId, owner: Option<UserId>) -> bool {
        self.edit.contain(id, owner)
    }

    /// Whether a record of that owner can be shared with others. A record that was shared is not passed on.
    #[must_use]
    pub fn may_share(&self, owner: Option<UserId>) -> bool {
        self.edit.owners.contain(owner)
    }

    /// Whether a record of that owner can be moved to the trash and brought back.
    #[must_use]
    pub fn may_delete(&self, owner: Option<UserId>) -> bool {
        self.delete.owners.contain(owner)
    }

    /// The users that records can be given to.
    #[must_use]
    pub const fn assignees(&self) -> &Owners {
        &self.edit.owners
    }

    /// Whether a record of that owner can be given to other users.
    #[must_use]
    pub fn may_assign(&self, owner: Option<UserId>) -> bool {
        match &self.edit.owners {
            Owners::All => true,
            Owners::Of(users) => self.edit.owners.contain(owner) && users.iter().any(|user| *user != self.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{FieldKind, PipelineHead};

    fn pipeline() -> Pipeline {
        let head = PipelineHead { key: "deals".into(), name: "Deals".into(), name_one: "Deal".into(), icon: String::new() };
        let settings = PipelineSettings {
            title: vec!["name".into()],
            value: Some("amount".into()),
            columns: vec!["value".into(), "field.amount".into(), "owner".into()],
            ..PipelineSettings::default()
        };
        let field = |id, key: &str| Field { id, is_searchable: true, ..Field::new(key, FieldKind::Text, key) };
        Pipeline { id: 1, version: 2, derived: 2, head, settings, fields: vec![field(1, "name"), field(2, "amount")], stages: Vec::new() }
    }

    fn lens(view: Reach, edit: Reach, delete: Reach) -> Option<Lens> {
        let sight = Sight { access: RecordAccess { view, edit, delete }, team: vec![UserId(8)], ..Sight::default() };
        Lens::of(pipeline(), UserId(7), sight)
    }

    #[test]
    fn rows_are_those_of_the_reach() {
        let of = |rows: &Rows| [Some(UserId(7)), Some(UserId(8)), Some(UserId(9)), None].map(|owner| rows.contain(RecordId(1), owner));
        let edits = |lens: &Lens, owner: Option<i64>| lens.may_edit(RecordId(1), owner.map(UserId));
        assert!(lens(Reach::None, Reach::None, Reach::None).is_none());
        let own = lens(Reach::Own, Reach::None, Reach::None).unwrap();
        assert_eq!(of(own.rows()), [true, false, false, false]);
        assert!(!own.may_create() && !own.may_assign(Some(UserId(7))) && !own.sees_others());
        let team = lens(Reach::Team, Reach::Team, Reach::Own).unwrap();
        assert_eq!(of(team.rows()), [true, true, false, false]);
        assert!(team.may_assign(Some(UserId(7))) && edits(&team, Some(8)) && !team.may_delete(Some(UserId(8))) && team.sees_others());
        let all = lens(Reach::All, Reach::Own, Reach::None).unwrap();
        assert_eq!(of(all.rows()), [true; 4]);
        assert!(all.may_create() && !all.may_assign(Some(UserId(7))) && !edits(&all, None));
        assert_eq!(of(all.own().rows()), [true, false, false, false]);
    }

    #[test]
    fn shared_records_are_seen_and_changed_but_neither_deleted_nor_passed_on() {
        let with = |edit| {
            let access = RecordAccess { view: Reach::Own, edit, delete: edit };
            let shared = vec![(RecordId(1), true), (RecordId(2), false)];
            Lens::of(pipeline(), UserId(7), Sight { access, shared, ..Sight::default() }).unwrap()
        };
        let lens = with(Reach::Own);
        let of = |id: i64| lens.rows().contain(RecordId(id), Some(UserId(9)));
        assert_eq!([of(1), of(2), of(3)], [true, true, false]);
        let edits = |id: i64| lens.may_edit(RecordId(id), Some(UserId(9)));
        assert_eq!([edits(1), edits(2), edits(3)], [true, false, false]);
        assert!(!lens.may_delete(Some(UserId(9))) && !lens.may_share(Some(UserId(9))) && lens.sees_others());
        assert!(!with(Reach::None).may_edit(RecordId(1), Some(UserId(9))), "a role that edits nothing edits nothing shared either");
        assert!(!lens.own().rows().contain(RecordId(1), Some(UserId(9))));
    }

    #[test]
    fn a_hidden_field_does_not_exist() {
        let of = |access, derived| {
            let is_barred = access == FieldAccess::None;
            let sight = Sight { access: RecordAccess::ALL, fields: HashMap::from([(2, access)]), is_barred, ..Sight::default() };
            Lens::of(Pipeline { derived, ..pipeline() }, UserId(7), sight).unwrap()
        };
        let hidden = of(FieldAccess::None, 2);
        assert!(hidden.field("amount").is_none() && hidden.hidden() == ["amount"] && hidden.hides(Some(&"amount".to_owned())));
        assert_eq!((hidden.settings().value.as_ref(), hidden.settings().columns.as_slice()), (None, &["owner".to_owned()][..]));
        assert!(hidden.whole().field("amount").is_some() && hidden.whole().hidden().is_empty());
        assert!(!hidden.is_late() && of(FieldAccess::None, 1).is_late() && !of(FieldAccess::Read, 1).is_late());
        let read = of(FieldAccess::Read, 2);
        assert!(
            read.field("amount").is_some() && read.writable().all(|field| field.key == "name") && !read.hides(Some(&"amount".to_owned()))
        );
    }
}
