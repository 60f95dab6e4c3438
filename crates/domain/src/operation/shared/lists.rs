//! How users read lists.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, operations, optional, required, write};

operations! { OperationSite::Both;
    /// Sets the columns in which the caller reads a list or a view of it: those of `shown` by their `position`; none for its own.
    LIST_LAYOUT_SET = write("list_layout_set", "list")
        .rule(Rule::SignedIn)
        .input(&[
            required("list", Kind::Text),
            optional("query", Kind::Text),
            optional("view", Kind::Id),
            optional("shown", Kind::Map),
            optional("position", Kind::Map),
            optional("is_dense", Kind::Flag),
        ]);
    /// Saves filters, sorting and columns of a list under a name; a view of that name is replaced.
    LIST_VIEW_SAVE = write("list_view_save", "list")
        .rule(Rule::SignedIn)
        .input(&[
            required("list", Kind::Text),
            optional("query", Kind::Text),
            required("name", Kind::Text),
            optional("layout", Kind::Text),
            optional("is_dense", Kind::Flag),
            optional("is_shared", Kind::Flag),
        ]);
    /// Deletes a view of a list: one's own, and for those who may share views a shared one.
    LIST_VIEW_DELETE = write("list_view_delete", "list")
        .rule(Rule::SignedIn)
        .input(&[required("list", Kind::Text), required("id", Kind::Id)]);
    /// Sets the view that a list opens with for the caller; without an id it opens with all rows.
    LIST_VIEW_OPEN_SET = write("list_view_open_set", "list")
        .rule(Rule::SignedIn)
        .input(&[required("list", Kind::Text), optional("id", Kind::Id)]);
}
