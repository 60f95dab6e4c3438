//! Who sees and changes what of a pipeline, in one place.

use super::{Field, Pipeline, Reach, RecordAccess, Stage};
use crate::UserId;

/// Which records of a pipeline a user reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All of them.
    All,
    /// Those that belong to one of these users.
    Of(Vec<UserId>),
}

impl Rows {
    fn of(reach: Reach, user: UserId, team: &[UserId]) -> Self {
        match reach {
            Reach::All => Self::All,
            Reach::Team => Self::Of([&[user], team].concat()),
            Reach::Own => Self::Of(vec![user]),
            Reach::None => Self::Of(Vec::new()),
        }
    }

    /// Whether a record of that owner is among them.
    #[must_use]
    pub fn contain(&self, owner: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::Of(users) => owner.is_some_and(|owner| users.contains(&owner)),
        }
    }
}

/// A pipeline as one user sees it. No query reads the values of records without one, and only the fields that it gives can be read,
/// written, filtered or sorted by: a hidden one answers like one that does not exist.
#[derive(Clone, Debug)]
pub struct Lens {
    pipeline: Pipeline,
    user: UserId,
    view: Rows,
    edit: Rows,
    delete: Rows,
}

impl Lens {
    /// The pipeline as a user with that access sees it; `None` for one who sees nothing of it. `team` are the users below this one.
    #[must_use]
    pub fn of(pipeline: Pipeline, user: UserId, access: RecordAccess, team: &[UserId]) -> Option<Self> {
        if access.view == Reach::None {
            return None;
        }
        let rows = |reach| Rows::of(reach, user, team);
        Some(Self { pipeline, user, view: rows(access.view), edit: rows(access.edit), delete: rows(access.delete) })
    }

    /// The same, narrowed to the user's own records.
    #[must_use]
    pub fn own(mut self) -> Self {
        self.view = Rows::Of(vec![self.user]);
        self
    }

    /// The pipeline.
    #[must_use]
    pub const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
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

    /// The slots whose values stay in the database.
    #[must_use]
    pub const fn hidden(&self) -> Vec<String> {
        Vec::new()
    }

    /// The fields that are seen, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.pipeline.fields.iter()
    }

    /// The field of that key, if it is seen.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| field.key == key)
    }

    /// The field that a setting of the pipeline names, if it is seen.
    #[must_use]
    pub fn named(&self, key: Option<&String>) -> Option<&Field> {
        self.field(key?)
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

    /// Whether records of others are seen too.
    #[must_use]
    pub fn sees_others(&self) -> bool {
        self.view != Rows::Of(vec![self.user])
    }

    /// Whether records can be made.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.edit.contain(Some(self.user))
    }

    /// Whether a record of that owner can be changed.
    #[must_use]
    pub fn may_edit(&self, owner: Option<UserId>) -> bool {
        self.edit.contain(owner)
    }

    /// Whether a record of that owner can be moved to the trash and brought back.
    #[must_use]
    pub fn may_delete(&self, owner: Option<UserId>) -> bool {
        self.delete.contain(owner)
    }

    /// The users that records can be given to.
    #[must_use]
    pub const fn assignees(&self) -> &Rows {
        &self.edit
    }

    /// Whether records can be given to other users.
    #[must_use]
    pub fn may_assign(&self) -> bool {
        match &self.edit {
            Rows::All => true,
            Rows::Of(users) => users.iter().any(|user| *user != self.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PipelineHead, PipelineSettings};

    fn lens(view: Reach, edit: Reach, delete: Reach) -> Option<Lens> {
        let head = PipelineHead { key: "deals".into(), name: "Deals".into(), name_one: "Deal".into(), icon: String::new() };
        let pipeline = Pipeline { id: 1, head, settings: PipelineSettings::default(), fields: Vec::new(), stages: Vec::new() };
        Lens::of(pipeline, UserId(7), RecordAccess { view, edit, delete }, &[UserId(8)])
    }

    #[test]
    fn rows_are_those_of_the_reach() {
        let of = |rows: &Rows| [Some(UserId(7)), Some(UserId(8)), Some(UserId(9)), None].map(|owner| rows.contain(owner));
        assert!(lens(Reach::None, Reach::None, Reach::None).is_none());
        let own = lens(Reach::Own, Reach::None, Reach::None).unwrap();
        assert_eq!(of(own.rows()), [true, false, false, false]);
        assert!(!own.may_create() && !own.may_assign() && !own.sees_others());
        let team = lens(Reach::Team, Reach::Team, Reach::Own).unwrap();
        assert_eq!(of(team.rows()), [true, true, false, false]);
        assert!(team.may_assign() && team.may_edit(Some(UserId(8))) && !team.may_delete(Some(UserId(8))) && team.sees_others());
        let all = lens(Reach::All, Reach::Own, Reach::None).unwrap();
        assert_eq!(of(all.rows()), [true; 4]);
        assert!(all.may_create() && !all.may_assign() && !all.may_edit(None));
        assert_eq!(of(all.own().rows()), [true, false, false, false]);
    }
}
