//! How users read lists, the same on both sites.

use crate::api::{ApiError, ApiResult, done, request_cx, toast, told};
use domain::{
    AppError, Flash,
    flash::{Toast, Undo},
    list::ListQuery,
};
use identity::lists::{LayoutSet, ViewForm};
use std::collections::HashMap;

/// The address of a list with these pairs, cleaned; `list` is one that there is.
fn address(list: &str, query: &str) -> String {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    if query.is_empty() { format!("/{list}") } else { format!("/{list}?{query}") }
}

pub(crate) async fn layout_set(
    list: &str,
    (query, view): (&str, &str),
    shown: &HashMap<String, String>,
    position: &HashMap<String, String>,
    is_dense: bool,
) -> ApiResult<()> {
    let cx = request_cx().await?;
    let view = view.parse().ok();
    let set = identity::lists::list_layout_set(&cx, list, LayoutSet::parse(view, shown, position, is_dense)).await;
    cx.answer(set).await?;
    let query = view.map_or_else(|| query.to_owned(), |id| with_view(query, id));
    done(&cx, &address(list, &query), toast("Columns saved")).await
}

pub(crate) async fn view_save(api: &str, list: &str, form: ViewForm) -> ApiResult<()> {
    let cx = request_cx().await?;
    let saved = identity::lists::list_view_save(&cx, list, form.parse()).await;
    let (id, is_new) = cx.answer(saved).await?;
    let path = address(list, &with_view(&form.query, id));
    // One that was replaced is not brought back by deleting the new one.
    let undo = is_new.then(|| {
        let fields = vec![("list".to_owned(), list.to_owned()), ("id".to_owned(), id.to_string())];
        Undo { action: format!("{api}/list_view_delete"), fields }
    });
    done(&cx, &path, Flash::from(Toast::success(format!("The view {} was saved", form.name.trim())).with_undo(undo))).await
}

/// The pairs of a list that was opened by that view.
pub(crate) fn with_view(query: &str, id: i64) -> String {
    let mut pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    pairs.retain(|(name, _)| name != "view");
    pairs.push(("view".to_owned(), id.to_string()));
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

pub(crate) async fn view_delete(api: &str, list: &str, id: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let id = id.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let deleted = identity::lists::list_view_delete(&cx, list, id).await;
    let view = cx.answer(deleted).await?;
    let text = format!("The view {} was deleted", view.name);
    // Only its owner gets it back as it was.
    let undo = view.is_own.then(|| {
        let mut fields =
            vec![("list", list.to_owned()), ("query", view.query), ("name", view.name), ("layout", view.layout.columns.join(","))];
        let flags = [("is_dense", view.layout.is_dense), ("is_shared", view.is_shared)];
        fields.extend(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (name, "true".to_owned())));
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Undo { action: format!("{api}/list_view_save"), fields }
    });
    done(&cx, &address(list, ""), Flash::from(Toast::success(text).with_undo(undo))).await
}

pub(crate) async fn view_open_set(list: &str, id: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let view = if id.is_empty() { None } else { Some(id.parse().map_err(|_| ApiError(AppError::NotFound))?) };
    let set = identity::lists::list_view_open_set(&cx, list, view).await;
    let text = match cx.answer(set).await? {
        Some(name) => format!("The list now opens with the view {name}"),
        None => "The list now opens with all rows".to_owned(),
    };
    told(&cx, toast(text)).await
}

/// The pairs of a query that a view keeps: everything but where a page begins.
pub(crate) fn kept(query: &ListQuery) -> String {
    let query = ListQuery { view: None, ..query.clone() };
    serde_urlencoded::to_string(query.pairs()).unwrap_or_default()
}
