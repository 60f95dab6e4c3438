//! Who sees and changes what of a pipeline, in one place.

use super::{Field, Pipeline, Stage};
use crate::{Permission, PermissionSet, Scope, UserId};

/// Which records of a pipeline a user reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All of them.
    All,
    /// Those that belong to this user.
    Of(UserId),
}

impl Rows {
    fn of(scope: Scope, user: UserId) -> Self {
        match scope {
            Scope::All => Self::All,
            Scope::Own => Self::Of(user),
        }
    }

    /// Whether a record of that owner is among them.
    #[must_use]
    pub fn contain(self, owner: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::Of(user) => owner == Some(user),
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
    edit: Option<Rows>,
}

impl Lens {
    /// The pipeline as a user with these permissions sees it; `None` for one who sees nothing of it.
    #[must_use]
    pub fn of(pipeline: Pipeline, user: UserId, permissions: &PermissionSet) -> Option<Self> {
        let view = Rows::of(permissions.scope(Permission::RecordsView)?, user);
        let edit = permissions.scope(Permission::RecordsEdit).map(|scope| Rows::of(scope, user));
        Some(Self { pipeline, user, view, edit })
    }

    /// The same, narrowed to the user's own records.
    #[must_use]
    pub fn own(mut self) -> Self {
        self.view = Rows::Of(self.user);
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
    pub const fn rows(&self) -> Rows {
        self.view
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

    /// Whether records can be made.
    #[must_use]
    pub const fn may_create(&self) -> bool {
        self.edit.is_some()
    }

    /// Whether a record of that owner can be changed.
    #[must_use]
    pub fn may_edit(&self, owner: Option<UserId>) -> bool {
        self.edit.is_some_and(|rows| rows.contain(owner))
    }

    /// Whether records can be given to other users.
    #[must_use]
    pub fn may_assign(&self) -> bool {
        self.edit == Some(Rows::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{PipelineHead, PipelineSettings},
        role::SystemRole,
    };

    fn lens(role: &str) -> Option<Lens> {
        let head = PipelineHead { key: "deals".into(), name: "Deals".into(), name_one: "Deal".into(), icon: String::new() };
        let pipeline = Pipeline { id: 1, head, settings: PipelineSettings::default(), fields: Vec::new(), stages: Vec::new() };
        Lens::of(pipeline, UserId(7), &SystemRole::find(role).unwrap().permission_set())
    }

    #[test]
    fn a_salesperson_reaches_own_records_alone() {
        let lens = lens("salesperson").unwrap();
        assert!(lens.rows().contain(Some(UserId(7))) && !lens.rows().contain(Some(UserId(8))) && !lens.rows().contain(None));
        assert!(lens.may_create() && lens.may_edit(Some(UserId(7))) && !lens.may_edit(Some(UserId(8))) && !lens.may_assign());
    }

    #[test]
    fn a_manager_reaches_all_and_a_user_none() {
        let lens_all = lens("manager").unwrap();
        assert!(lens_all.rows() == Rows::All && lens_all.may_edit(None) && lens_all.may_assign());
        assert!(lens_all.own().rows() == Rows::Of(UserId(7)));
        assert!(lens("user").is_none());
    }
}
