//! How users read lists: columns and saved views.

use crate::{
    api::{ApiError, PLATFORM_API},
    lists,
};
use identity::lists::ViewForm;
use leptos::prelude::*;
use std::collections::HashMap;

/// Sets the columns in which the caller reads a list.
#[server(prefix = "/api/platform", endpoint = "list_layout_set")]
pub async fn list_layout_set(
    list: String,
    #[server(default)] query: String,
    #[server(default)] view: String,
    #[server(default)] shown: HashMap<String, String>,
    #[server(default)] position: HashMap<String, String>,
    #[server(default)] is_dense: bool,
) -> Result<(), ApiError> {
    lists::layout_set(&list, (&query, &view), &shown, &position, is_dense).await
}

/// Saves filters, sorting and columns of a list under a name.
#[server(prefix = "/api/platform", endpoint = "list_view_save")]
pub async fn list_view_save(
    list: String,
    #[server(default)] query: String,
    name: String,
    #[server(default)] layout: String,
    #[server(default)] is_dense: bool,
    #[server(default)] is_shared: bool,
) -> Result<(), ApiError> {
    lists::view_save(PLATFORM_API, &list, ViewForm { name, query, columns: layout, is_dense, is_shared }).await
}

/// Deletes a view of a list.
#[server(prefix = "/api/platform", endpoint = "list_view_delete")]
pub async fn list_view_delete(list: String, id: String) -> Result<(), ApiError> {
    lists::view_delete(PLATFORM_API, &list, &id).await
}

/// Sets the view that a list opens with for the caller.
#[server(prefix = "/api/platform", endpoint = "list_view_open_set")]
pub async fn list_view_open_set(list: String, #[server(default)] id: String) -> Result<(), ApiError> {
    lists::view_open_set(&list, &id).await
}
