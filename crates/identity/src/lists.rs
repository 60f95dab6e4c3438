//! How users read lists, the same for users of a tenant and admins of the platform: columns, density and saved views.

use crate::principal::AccountConn;
use db::list_views::{ViewConn, ViewWrite, view_delete, view_list_of, view_open_set, view_save};
use domain::{
    AdminRole, AppError, Code, FieldErrors, Operation,
    list::{
        COLUMNS_MAX, Layout, ListView, ListViews, PIPELINE_LISTS, PLATFORM_LISTS, QUERY_MAX, TENANT_LISTS, VIEW_NAME_MAX, VIEWS_MAX,
        column_is_named,
    },
    operation,
    person::name_parse,
    text::fold,
};
use kernel::{
    Error, Parsed, RequestCx, Result, Site,
    actor::Actor,
    audit::{Object, diff, entry},
    cx::TenantTx,
};
use serde_json::json;
use std::collections::HashMap;

/// The columns of a list or of a view of it, as they were chosen.
#[derive(Clone, Debug)]
pub struct LayoutSet {
    view: Option<i64>,
    layout: Layout,
}

fn layout_checked(columns: Vec<String>, is_dense: bool) -> Parsed<Layout> {
    if columns.len() > COLUMNS_MAX || !columns.iter().all(|name| column_is_named(name)) {
        return Err(AppError::Malformed);
    }
    Ok(Layout { columns, is_dense })
}

impl LayoutSet {
    /// Reads the form: the columns of `shown`, in the order of `position`, for the view that is open.
    ///
    /// # Errors
    /// [`AppError::Malformed`] for a column that no page has.
    pub fn parse(view: Option<i64>, shown: &HashMap<String, String>, position: &HashMap<String, String>, is_dense: bool) -> Parsed<Self> {
        let place = |name: &str| position.get(name).and_then(|place| place.trim().parse::<u16>().ok()).unwrap_or(u16::MAX);
        let mut columns: Vec<String> = shown.keys().cloned().collect();
        columns.sort_by(|one, other| place(one).cmp(&place(other)).then_with(|| one.cmp(other)));
        Ok(Self { view, layout: layout_checked(columns, is_dense)? })
    }
}

/// What is typed to save a view.
#[derive(Clone, Debug, Default)]
pub struct ViewForm {
    /// Its name.
    pub name: String,
    /// The pairs of its address.
    pub query: String,
    /// Its columns, with commas between them; none for those the list has by itself.
    pub columns: String,
    /// Whether its rows are low.
    pub is_dense: bool,
    /// Whether everyone who may read the list has it.
    pub is_shared: bool,
}

/// A view to be saved.
#[derive(Clone, Debug)]
pub struct ViewSave {
    name: String,
    query: String,
    layout: Layout,
    is_shared: bool,
}

impl ViewForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside `name`, [`AppError::Malformed`] for what no page sends.
    pub fn parse(&self) -> Parsed<ViewSave> {
        // PostgreSQL takes no NUL in a text, and no address holds another control character.
        if self.query.chars().any(char::is_control) {
            return Err(AppError::Malformed);
        }
        let columns = self.columns.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let layout = layout_checked(columns, self.is_dense)?;
        let mut errors = FieldErrors::default();
        let name = errors.check("name", name_parse(&self.name, VIEW_NAME_MAX));
        if self.query.chars().count() > QUERY_MAX {
            errors.push(Code::FieldTooLong, "name", "These filters are too long to save. Use fewer filters.");
        }
        errors.into_result()?;
        let (query, is_shared) = (self.query.clone(), self.is_shared);
        Ok(ViewSave { name: name.ok_or(AppError::Malformed)?, query, layout, is_shared })
    }
}

/// An open transaction of the user or admin who reads a list.
struct ViewTx {
    conn: AccountConn,
    owner: i64,
    actor: Actor,
    /// Those who manage users, and platform admins other than support.
    may_share: bool,
    list: String,
}

impl ViewTx {
    /// Begins an operation on a list of the site, with all that is asked of the caller first.
    async fn begin(cx: &RequestCx, operation: &Operation, list: &str) -> Result<Self> {
        let known = |lists: &[&'static str]| lists.contains(&list).then(|| list.to_owned()).ok_or(AppError::Malformed);
        if let Site::Tenant(_) = &cx.site {
            let tx = cx.tenant_begin(operation).await?;
            let found = match list.strip_prefix(PIPELINE_LISTS) {
                Some(key) => pipeline_known(cx, &tx, key).map(|()| list.to_owned()),
                None => known(TENANT_LISTS).map_err(Error::from),
            };
            return match found {
                Ok(list) => {
                    let (owner, may_share) = (tx.user.id.0, tx.user.permissions.can_manage_users());
                    Ok(Self { conn: AccountConn::Tenant(tx.conn), owner, actor: tx.actor, may_share, list })
                }
                Err(error) => tx.finish(Err(error)).await,
            };
        }
        let tx = cx.platform_begin(operation).await?;
        match (tx.admin().ok_or(AppError::Forbidden), known(PLATFORM_LISTS)) {
            (Ok(admin), Ok(list)) => {
                let may_share = cx.caller().is_some_and(|caller| caller.admin_role == Some(AdminRole::Admin));
                Ok(Self { conn: AccountConn::Platform(tx.conn), owner: admin.0, actor: tx.actor, may_share, list })
            }
            (Err(error), _) | (_, Err(error)) => tx.finish(Err(error.into())).await,
        }
    }

    const fn views(&mut self) -> ViewConn<'_> {
        match &mut self.conn {
            AccountConn::Platform(conn) => ViewConn::Platform(conn),
            AccountConn::Tenant(conn) => ViewConn::Tenant(conn),
        }
    }

    async fn known(&mut self) -> Result<ListViews> {
        let (list, owner) = (self.list.clone(), self.owner);
        Ok(view_list_of(&mut self.views(), &list, owner).await?)
    }

    async fn save(&mut self, name: &str, query: &str, layout: &Layout, is_shared: bool) -> Result<i64> {
        let name_key = fold(name);
        let list = self.list.clone();
        let view = ViewWrite { owner: self.owner, list: &list, name, name_key: &name_key, query, layout, is_shared };
        Ok(view_save(&mut self.views(), &view).await?)
    }
}

/// Goes on only with a pipeline that the caller sees; another one answers like one that does not exist.
fn pipeline_known(cx: &RequestCx, tx: &TenantTx, key: &str) -> Result<()> {
    let links = cx.settings.pipelines.as_deref().unwrap_or_default();
    let is_seen = links.iter().any(|link| link.head.key == key && link.is_seen(&tx.user.access));
    if is_seen { Ok(()) } else { Err(AppError::Malformed.into()) }
}

/// Sets the columns in which the caller reads a list, or those of one of the caller's views.
///
/// # Errors
/// [`AppError::Malformed`] for a list that no page has, [`AppError::Unauthenticated`].
pub async fn list_layout_set(cx: &RequestCx, list: &str, set: Parsed<LayoutSet>) -> Result<()> {
    let mut tx = ViewTx::begin(cx, &operation::shared::LIST_LAYOUT_SET, list).await?;
    let done = async {
        let LayoutSet { view, layout } = set?;
        let known = tx.known().await?;
        let opened = known.views.iter().find(|known| known.is_own && Some(known.id) == view);
        let before = opened.map_or(&known.layout, |view| &view.layout);
        if *before == layout {
            return Ok(());
        }
        match opened {
            Some(view) => tx.save(&view.name, &view.query, &layout, view.is_shared).await?,
            None => tx.save("", "", &layout, false).await?,
        };
        let changed = diff(&[
            ("columns", json!(before.columns.join(", ")), json!(layout.columns.join(", "))),
            ("is_dense", json!(before.is_dense), json!(layout.is_dense)),
        ]);
        let line = entry(cx, &tx.actor, "list.layout_set", Object::new("list", tx.list.clone(), tx.list.clone()), changed);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.conn.finish(done).await
}

/// Saves a view of a list. Gives its id, and whether there was none of that name.
///
/// # Errors
/// [`AppError::Validation`] beside `name`, [`AppError::Forbidden`] for sharing without the right to, [`AppError::Unauthenticated`].
pub async fn list_view_save(cx: &RequestCx, list: &str, save: Parsed<ViewSave>) -> Result<(i64, bool)> {
    let mut tx = ViewTx::begin(cx, &operation::shared::LIST_VIEW_SAVE, list).await?;
    let done = async {
        let ViewSave { name, query, layout, is_shared } = save?;
        if is_shared && !tx.may_share {
            return Err(AppError::Forbidden.into());
        }
        let known = tx.known().await?;
        let name_key = fold(&name);
        let own: Vec<&ListView> = known.views.iter().filter(|view| view.is_own).collect();
        let is_new = !own.iter().any(|view| fold(&view.name) == name_key);
        if is_new && own.len() >= VIEWS_MAX {
            let text = format!("You have {VIEWS_MAX} views of this list. Delete one first.");
            return Err(AppError::field(Code::FieldInvalid, "name", text).into());
        }
        let id = tx.save(&name, &query, &layout, is_shared).await?;
        let line = entry(cx, &tx.actor, "view.save", Object::new("view", id, name), json!({ "list": tx.list, "is_shared": is_shared }));
        tx.conn.audit(line);
        Ok((id, is_new))
    }
    .await;
    tx.conn.finish(done).await
}

/// Deletes a view of a list: one's own, and for those who may share views a shared one. Gives the view that was deleted.
///
/// # Errors
/// [`AppError::NotFound`] for a view that is not there or another user's, [`AppError::Unauthenticated`].
pub async fn list_view_delete(cx: &RequestCx, list: &str, id: i64) -> Result<ListView> {
    let mut tx = ViewTx::begin(cx, &operation::shared::LIST_VIEW_DELETE, list).await?;
    let done = async {
        let view = tx.known().await?.views.into_iter().find(|view| view.id == id).ok_or(AppError::NotFound)?;
        if !view.is_own && !tx.may_share {
            return Err(AppError::NotFound.into());
        }
        let list = tx.list.clone();
        view_delete(&mut tx.views(), &list, id).await?;
        let line = entry(cx, &tx.actor, "view.delete", Object::new("view", id, view.name.clone()), json!({ "list": list }));
        tx.conn.audit(line);
        Ok(view)
    }
    .await;
    tx.conn.finish(done).await
}

/// Sets the view that a list opens with for the caller. Gives its name, nothing for all rows.
///
/// # Errors
/// [`AppError::NotFound`] for a view that the caller does not see, [`AppError::Unauthenticated`].
pub async fn list_view_open_set(cx: &RequestCx, list: &str, id: Option<i64>) -> Result<Option<String>> {
    let mut tx = ViewTx::begin(cx, &operation::shared::LIST_VIEW_OPEN_SET, list).await?;
    let done = async {
        let known = tx.known().await?;
        let named = |id: Option<i64>| known.views.iter().find(|view| Some(view.id) == id).map(|view| view.name.clone());
        let (before, after) = (named(known.opens), named(id));
        if id.is_some() && after.is_none() {
            return Err(AppError::NotFound.into());
        }
        if known.opens != id {
            let (list, owner) = (tx.list.clone(), tx.owner);
            view_open_set(&mut tx.views(), &list, owner, id).await?;
            let changed = diff(&[("view", json!(before), json!(after))]);
            let line = entry(cx, &tx.actor, "view.open_set", Object::new("list", list.clone(), list), changed);
            tx.conn.audit(line);
        }
        Ok(after)
    }
    .await;
    tx.conn.finish(done).await
}
