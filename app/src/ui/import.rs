//! The parts of the pages of imports: the form that takes a file, its first rows, and how it is read.

use super::{CheckField, ErrorSummary, FormView, ReturnPath, SelectField, StorageMeter, Submit};
use domain::{
    JobId,
    dto::{Storage, tenant::ImportSheet},
};
use kernel::csv::{DELIMITERS, ENCODINGS};
use leptos::prelude::*;

/// The form that takes a file.
#[component]
pub fn ImportUpload(
    /// What takes it: an upload.
    action: &'static str,
    /// The query of its address.
    #[prop(into, optional)]
    query: String,
    /// The page to go back to.
    #[prop(into)]
    cancel: String,
    /// The export whose columns fit, and what it is called.
    example: (String, String),
    /// How much of the company's storage is used.
    storage: Storage,
) -> impl IntoView {
    let form = FormView::new(action);
    let error = form.error("file");
    let invalid = error.is_some();
    let (href, label) = example;
    view! {
        <ErrorSummary form/>
        <form method="post" action=format!("{action}{query}") enctype="multipart/form-data" class="form-card">
            <div class="form-group">
                <div><h2>"File"</h2><p class="text-muted text-xs">"Encoding, delimiter and column names are detected; you can correct them on the next page."</p></div>
                <div class="form-fields">
                    <div class="field">
                        <label class="field-label" for="file">"File"</label>
                        <input class="file-input w-full" class:input-error=invalid type="file" id="file" name="file" accept=".csv,.txt,.tsv,text/csv" required
                            aria-invalid=invalid.then_some("true") aria-describedby=if invalid { "file-error file-help" } else { "file-help" }/>
                        {error.map(|text| view! { <p class="field-error" id="file-error">{text}</p> })}
                        <p class="field-help" id="file-help">"Up to 1 GB, with any number of lines. "<a class="link" href=href>{label}</a>" has the right columns."</p>
                        <p class="field-help flex flex-wrap items-center gap-2">"Storage used by your company: "<StorageMeter storage/></p>
                    </div>
                </div>
            </div>
            <div class="form-actions"><a class="btn btn-ghost" href=cancel>"Cancel"</a><Submit label="Upload"/></div>
        </form>
    }
}

/// How a file is written, in one sentence.
#[must_use]
pub fn import_subtitle(sheet: &ImportSheet) -> String {
    let between = match sheet.delimiter {
        '\t' => "tabs".to_owned(),
        other => format!("“{other}”"),
    };
    format!("{} lines, {}, columns separated by {between}.", super::number(sheet.lines), sheet.encoding)
}

/// The first rows of a file.
#[component]
pub fn ImportPreview(
    /// The file.
    sheet: ImportSheet,
) -> impl IntoView {
    let ImportSheet { headers, preview, .. } = sheet;
    let heads = headers.clone().into_iter().map(|header| view! { <th scope="col" dir="auto">{header}</th> }).collect_view();
    let lines = preview.into_iter().map(|line| {
        let cells = line.into_iter().zip(headers.clone()).map(|(cell, header)| view! { <td data-label=header dir="auto">{cell}</td> });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    let lines = lines.collect_view();
    view! {
        <section class="card-box mb-4" aria-labelledby="preview">
            <div class="card-head"><h2 id="preview">"First rows"</h2></div>
            <div class="table-scroll">
                <table class="list-table">
                    <caption class="sr-only">"First rows of the file"</caption>
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        </section>
    }
}

/// How the file is read, to be corrected where the preview shows that it was read in a wrong way.
#[component]
pub fn ImportReadingForm(
    /// What reads it.
    action: &'static str,
    /// The draft.
    id: JobId,
    /// Further inputs that name the draft.
    #[prop(optional)]
    fields: Vec<(&'static str, String)>,
    /// The file.
    sheet: ImportSheet,
) -> impl IntoView {
    let form = FormView::new(action);
    let mut encodings: Vec<(String, String)> = ENCODINGS.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
    if !encodings.iter().any(|(name, _)| *name == sheet.encoding) {
        encodings.push((sheet.encoding.clone(), sheet.encoding.clone()));
    }
    let delimiters = DELIMITERS.iter().map(|(byte, label)| (char::from(*byte).to_string(), (*label).to_owned())).collect();
    let open = form.is_refused();
    let hidden = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <ErrorSummary form=form.clone()/>
        <details class="card-box mb-4" open=open>
            <summary class="cursor-pointer p-4 font-semibold">"Does the preview look wrong?"</summary>
            <form method="post" action=action class="border-base-300 flex max-w-2xl flex-col gap-3 border-t p-4"><ReturnPath/>
                {hidden}
                <input type="hidden" name="id" value=id.to_string()/>
                <SelectField form=form.clone() name="encoding" label="Encoding" choices=encodings value=sheet.encoding help="If letters look wrong, choose the language of the file."/>
                <SelectField form=form.clone() name="delimiter" label="Delimiter" choices=delimiters value=sheet.delimiter.to_string() help="The character that separates the columns."/>
                <CheckField form name="has_header" label="The first row contains the column names" checked=sheet.has_header/>
                <div><Submit label="Update preview"/></div>
            </form>
        </details>
    }
}

/// The columns of a file to choose from, after the choice of none.
#[must_use]
pub fn import_columns(headers: &[String]) -> Vec<(String, String)> {
    let none = (String::new(), "No column".to_owned());
    std::iter::once(none).chain(headers.iter().enumerate().map(|(index, header)| (index.to_string(), header.clone()))).collect()
}
