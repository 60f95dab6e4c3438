//! Forms: labels above, help and errors below, what was typed kept.

use super::{Icon, IconName, use_frame};
use domain::{
    Code, FieldError, Flash, FormState,
    color::{Color, contrast_text},
    dto::tenant::RoleChoice,
};
use leptos::prelude::*;
use std::sync::Arc;

/// One form of a page, filled from its last refused try if there was one.
#[derive(Clone)]
pub struct FormView(Arc<Option<FormState>>);

impl FormView {
    /// The form that posts to `action`.
    #[must_use]
    pub fn new(action: &str) -> Self {
        let state = use_context::<Flash>().and_then(|flash| flash.form).filter(|form| form.action == action);
        Self(Arc::new(state))
    }

    /// What stands in `field`: what was typed, or else what is stored.
    #[must_use]
    pub fn value(&self, field: &str, stored: &str) -> String {
        self.0.as_ref().as_ref().and_then(|state| state.value(field)).unwrap_or(stored).to_owned()
    }

    /// What is wrong with `field`.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        self.0.as_ref().as_ref()?.errors.get(field).map(str::to_owned)
    }

    /// Whether this is filled from a refused try.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.is_some()
    }

    /// Whether another user changed the value of `field` after the form was loaded.
    #[must_use]
    pub fn is_changed_by_others(&self, field: &str) -> bool {
        let errors = self.0.as_ref().as_ref().map(|state| state.errors.0.as_slice()).unwrap_or_default();
        errors.iter().any(|error| error.field == field && error.code == Code::RecordChanged)
    }

    /// The version that the form is based on: the one it was filled from, so that changes of others are noticed. Once its user was told of
    /// such a change, it is the stored one, and the next try counts.
    #[must_use]
    pub fn version(&self, stored: impl std::fmt::Display) -> String {
        let stored = stored.to_string();
        if self.is_changed_by_others("") { stored } else { self.value("version", &stored) }
    }

    /// The same form with other values in some fields.
    #[must_use]
    pub fn with(&self, values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut state = self.0.as_ref().clone();
        if let Some(state) = &mut state {
            state.values.extend(values);
        }
        Self(Arc::new(state))
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        self.0.as_ref().as_ref().map(|state| state.errors.0.clone()).unwrap_or_default()
    }
}

/// Everything that is wrong with a form, each with a link to its field. It takes the focus.
#[component]
pub fn ErrorSummary(
    /// The form.
    form: FormView,
    /// The id of the field that asks for the viewer's password, where it is another one than its name.
    #[prop(into, default = "password".to_owned())]
    password_id: String,
    /// What fields are called, by their names, where messages do not say it.
    #[prop(default = Vec::new())]
    labels: Vec<(String, String)>,
) -> impl IntoView {
    let errors = form.errors();
    (!errors.is_empty()).then(|| {
        let fields = errors.iter().filter(|error| !error.field.is_empty()).count();
        let title = (fields > 1).then(|| view! { <p class="mb-1 font-semibold">{format!("{fields} fields need attention")}</p> });
        let list = if errors.len() > 1 { "list-disc pl-5" } else { "" };
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus>
                {title}
                <ul class=list>
                    {errors
                        .into_iter()
                        .map(|FieldError { field, message, href, .. }| {
                            let href = href.map(|href| view! { " "<a class="underline" href=href>"Show it"</a> });
                            if field.is_empty() {
                                return view! { <li>{message}{href}</li> }.into_any();
                            }
                            let label = labels.iter().find(|(name, _)| *name == field).map(|(_, label)| format!("{label}: "));
                            let target = if field == "password" { &password_id } else { &field };
                            view! { <li><a class="underline" href=format!("#{target}")>{label}{message}</a>{href}</li> }.into_any()
                        })
                        .collect_view()}
                </ul>
            </div>
        }
    })
}

#[component]
fn FieldMessage(id: String, text: String) -> impl IntoView {
    view! { <p class="field-error" id=id><Icon name=IconName::Warning class="size-3.5"/>{text}</p> }
}

/// A line of text.
#[component]
pub fn TextField(
    /// The form it belongs to.
    form: FormView,
    /// Its name: that of the column it fills.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What stands in it at first.
    #[prop(into, default = String::new())]
    value: String,
    /// `text`, `email`, `password` and so on.
    #[prop(default = "text")]
    kind: &'static str,
    /// What is worth knowing before typing.
    #[prop(into, default = String::new())]
    help: String,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether it may stay empty.
    #[prop(default = false)]
    optional: bool,
    /// Whether the focus starts here.
    #[prop(default = false)]
    autofocus: bool,
    /// What counts while it is empty.
    #[prop(into, default = String::new())]
    placeholder: String,
    /// What the value counts, behind it in the field.
    #[prop(into, default = String::new())]
    unit: String,
    /// The field of the same form that this one suggests a short name for, while nothing was typed there.
    #[prop(optional)]
    suggests: Option<&'static str>,
    /// What the browser offers while one types.
    #[prop(default = Vec::new())]
    suggestions: Vec<String>,
) -> impl IntoView {
    // The browser's own notion of an address is narrower than ours, and it would keep the form from being sent.
    let (kind, inputmode) = match (kind, autocomplete) {
        ("email", _) => ("text", Some("email")),
        // Not of type number, which throws away what it cannot read.
        ("number", _) => ("text", Some("decimal")),
        // The digits of an authenticator app.
        (_, "one-time-code") => (kind, Some("numeric")),
        ("text", _) if !unit.is_empty() => (kind, Some("decimal")),
        _ => (kind, None),
    };
    let value = if kind == "password" { String::new() } else { form.value(&name, &value) };
    let around = Around::new(&form, &name, &help);
    let (invalid, described) = (around.invalid, around.described.clone());
    let list = (!suggestions.is_empty()).then(|| format!("{name}-list"));
    if !unit.is_empty() {
        let unit_id = format!("{name}-unit");
        let described = described.map_or_else(|| unit_id.clone(), |ids| format!("{unit_id} {ids}"));
        let input = view! {
            <div class="input field-unit" class:input-error=invalid>
                <input type=kind inputmode=inputmode id=name.clone() name=name.clone() value=value autocomplete="off" required=!optional
                    placeholder=placeholder aria-invalid=invalid.then_some("true") aria-describedby=described/>
                <span id=unit_id>{unit}</span>
            </div>
        };
        return around.view(name, label, optional, help, input.into_any()).into_any();
    }
    let input = view! {
        <input class="input w-full" class:input-error=invalid type=kind inputmode=inputmode id=name.clone() name=name.clone() value=value
            autocomplete=autocomplete required=!optional autofocus=autofocus placeholder=placeholder aria-invalid=invalid.then_some("true")
            aria-describedby=described data-suggests=suggests list=list.clone() dir="auto"/>
        {list.map(|id| {
            let options = suggestions.into_iter().map(|text| view! { <option value=text></option> });
            view! { <datalist id=id>{options.collect_view()}</datalist> }
        })}
    };
    around.view(name, label, optional, help, input.into_any()).into_any()
}

/// What stands around every control: the label above, the error and the help below.
struct Around {
    error: Option<String>,
    invalid: bool,
    described: Option<String>,
}

impl Around {
    fn new(form: &FormView, name: &str, help: &str) -> Self {
        let error = form.error(name);
        let invalid = error.is_some();
        let ids = [invalid.then(|| format!("{name}-error")), (!help.is_empty()).then(|| format!("{name}-help"))];
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        Self { error, invalid, described: (!ids.is_empty()).then(|| ids.join(" ")) }
    }

    fn view(self, name: String, label: String, optional: bool, help: String, control: AnyView) -> impl IntoView {
        let (error_id, help_id) = (format!("{name}-error"), format!("{name}-help"));
        view! {
            <div class="field">
                {(!label.is_empty()).then(|| view! {
                    <label class="field-label" for=name>
                        {label}{optional.then(|| view! { <span class="text-muted font-normal">" (optional)"</span> })}
                    </label>
                })}
                {control}
                {self.error.map(|text| view! { <FieldMessage id=error_id text/> })}
                {(!help.is_empty()).then(|| view! { <p class="field-help" id=help_id>{help}</p> })}
            </div>
        }
    }
}

/// A colour, typed or picked, with what it looks like.
#[component]
pub(super) fn ColorField(
    /// The form it belongs to.
    form: FormView,
    /// Its name in the form.
    name: String,
    /// Its label.
    label: &'static str,
    /// What is set, `#rrggbb` or nothing.
    value: String,
    /// What is worth knowing before choosing.
    help: &'static str,
) -> impl IntoView {
    let value = form.value(&name, &value);
    let around = Around::new(&form, &name, help);
    let (invalid, described) = (around.invalid, around.described.clone());
    let color = Color::parse(&value);
    let says = color.map_or_else(|| "The default colour of Oneo".to_owned(), contrast_text);
    let (preview_id, says_id) = (format!("{name}-preview"), format!("{name}-contrast"));
    let swatch = color.map_or_else(|| "#0f766e".to_owned(), Color::hex);
    let input = view! {
        <div class="color-field">
            <input class="color-swatch" type="color" aria-label="Palette" value=swatch data-color-of=name.clone() data-idle/>
            <input class="input" class:input-error=invalid type="text" id=name.clone() name=name.clone() value=value autocomplete="off" spellcheck="false"
                placeholder="#0f766e" aria-invalid=invalid.then_some("true") aria-describedby=described data-color=name.clone()/>
        </div>
        <div class="color-preview sidebar-tenant" id=preview_id aria-hidden="true">
            <span class="brand-mark">"A"</span><span class="color-preview-line">"Dashboard"</span><span class="color-preview-tab">"Company"</span>
            <span class="btn btn-sm btn-primary">"Save"</span>
        </div>
        <p class="field-help" id=says_id aria-live="polite">{says}</p>
    };
    around.view(name, label.to_owned(), true, help.to_owned(), input.into_any())
}

/// A list to choose from.
#[component]
pub fn SelectField(
    /// The form it belongs to.
    form: FormView,
    /// Its name: that of the column it fills.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What can be chosen, as stored and as a person reads it.
    choices: Vec<(String, String)>,
    /// What is chosen at first.
    #[prop(into, default = String::new())]
    value: String,
    /// What is worth knowing before choosing.
    #[prop(into, default = String::new())]
    help: String,
    /// Whether nothing may be chosen.
    #[prop(default = false)]
    optional: bool,
) -> impl IntoView {
    let chosen = form.value(&name, &value);
    let around = Around::new(&form, &name, &help);
    let (invalid, described) = (around.invalid, around.described.clone());
    let options = choices.into_iter().map(|(value, label)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{label}</option> }
    });
    let select = view! {
        <select class="select w-full" class:select-error=invalid id=name.clone() name=name.clone() aria-invalid=invalid.then_some("true")
            aria-describedby=described>{options.collect_view()}</select>
    };
    around.view(name, label, optional, help, select.into_any())
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// The form it belongs to.
    form: FormView,
    /// Its name: that of the column it fills.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What stands in it at first.
    #[prop(into, default = String::new())]
    value: String,
    /// What is worth knowing before typing.
    #[prop(into, default = String::new())]
    help: String,
    /// Lines shown.
    #[prop(default = 10)]
    rows: u16,
    /// Whether it is written for people to read, not for programs.
    #[prop(default = false)]
    prose: bool,
    /// Whether it may stay empty.
    #[prop(default = false)]
    optional: bool,
) -> impl IntoView {
    let value = form.value(&name, &value);
    let around = Around::new(&form, &name, &help);
    let (invalid, described) = (around.invalid, around.described.clone());
    let class = if prose { "textarea w-full" } else { "textarea w-full font-mono text-xs" };
    let area = view! {
        <textarea class=class class:textarea-error=invalid id=name.clone() name=name.clone() rows=rows.to_string() dir=prose.then_some("auto")
            spellcheck=(!prose).then_some("false") aria-invalid=invalid.then_some("true") aria-describedby=described>{value}</textarea>
    };
    around.view(name, label, optional, help, area.into_any())
}

/// Boxes to tick, any number of them.
#[component]
pub fn CheckGroup(
    /// The form it belongs to.
    form: FormView,
    /// What errors name it.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// The boxes: name, label, and whether each is ticked.
    boxes: Vec<(String, String, bool)>,
    /// What is worth knowing before choosing.
    #[prop(into, default = String::new())]
    help: String,
    /// Whether none may be ticked.
    #[prop(default = false)]
    optional: bool,
) -> impl IntoView {
    let around = Around::new(&form, &name, &help);
    let (invalid, described) = (around.invalid, around.described.clone());
    let boxes = boxes.into_iter().map(|(name, label, checked)| {
        view! {
            <label class="check-field">
                <input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name=name value="true" checked=checked aria-invalid=invalid.then_some("true")/>
                <span>{label}</span>
            </label>
        }
    });
    let (error_id, help_id) = (format!("{name}-error"), format!("{name}-help"));
    view! {
        <fieldset class="field" id=name tabindex="-1" aria-describedby=described>
            <legend class="field-label">{label}{optional.then(|| view! { <span class="text-muted font-normal">" (optional)"</span> })}</legend>
            <div class="check-group">{boxes.collect_view()}</div>
            {around.error.map(|text| view! { <FieldMessage id=error_id text/> })}
            {(!help.is_empty()).then(|| view! { <p class="field-help" id=help_id>{help}</p> })}
        </fieldset>
    }
}

/// Something that is so or not.
#[component]
pub fn CheckField(
    /// The form it belongs to.
    form: FormView,
    /// Its name: that of the column it fills.
    #[prop(into)]
    name: String,
    /// What is so.
    #[prop(into)]
    label: String,
    /// What follows from it.
    #[prop(into, default = String::new())]
    help: String,
    /// Whether it is so at first.
    checked: bool,
) -> impl IntoView {
    let checked = if form.is_refused() { form.value(&name, "") == "true" } else { checked };
    let error = form.error(&name);
    let (error_id, invalid) = (format!("{name}-error"), error.is_some());
    let help_id = format!("{name}-help");
    let ids: Vec<String> = [invalid.then(|| error_id.clone()), (!help.is_empty()).then(|| help_id.clone())].into_iter().flatten().collect();
    let described = (!ids.is_empty()).then(|| ids.join(" "));
    view! {
        <label class="check-field">
            <input class="checkbox checkbox-primary checkbox-sm" type="checkbox" id=name.clone() name=name value="true" checked=checked
                aria-invalid=invalid.then_some("true") aria-describedby=described/>
            <span>
                <span class="block">{label}</span>
                {(!help.is_empty()).then(|| view! { <span class="text-muted block text-xs" id=help_id>{help}</span> })}
            </span>
        </label>
        {error.map(|text| view! { <FieldMessage id=error_id text/> })}
    }
}

/// Roles to choose from, each with a sentence; those above the viewer's own cannot be chosen.
#[component]
pub fn RadioCards(
    /// The form it belongs to.
    form: FormView,
    /// Its name.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// The roles.
    roles: Vec<RoleChoice>,
    /// The one chosen at first.
    #[prop(into, default = String::new())]
    value: String,
) -> impl IntoView {
    let chosen = form.value(name, &value);
    let error = form.error(name);
    let error_id = format!("{name}-error");
    let described = error.is_some().then(|| error_id.clone());
    let held = use_frame().map(|frame| frame.permissions).unwrap_or_default();
    view! {
        <fieldset class="field" id=name aria-describedby=described>
            <legend class="field-label">{label}</legend>
            <div class="flex flex-col gap-2">
                {roles
                    .into_iter()
                    .map(|role| {
                        let checked = role.key == chosen;
                        let grantable = held.covers(&role.permissions);
                        let disabled = !grantable && !checked;
                        let sentence = if grantable { role.sentence } else { "You cannot assign this role because it has more permissions than you".to_owned() };
                        view! {
                            <label class="radio-card" class:radio-card-disabled=disabled>
                                <input class="radio radio-primary radio-sm" type="radio" name=name value=role.key checked=checked disabled=disabled required/>
                                <span>
                                    <span class="block">{role.name}</span>
                                    <span class="text-muted block text-xs">{sentence}</span>
                                </span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
            {error.map(|text| view! { <FieldMessage id=error_id text/> })}
        </fieldset>
    }
}

/// Asks for the viewer's own password, where the last reauthentication is too old for what the form does.
#[component]
pub fn ReauthenticationField(
    /// The form it belongs to.
    form: FormView,
    /// Whether to ask for it on a page without a frame.
    #[prop(optional)]
    always: bool,
    /// The id of the field, since several of these may stand on one page.
    #[prop(into)]
    id: String,
    /// For what alone it is asked, where the form also does what needs no reauthentication.
    #[prop(default = "")]
    only_for: &'static str,
) -> impl IntoView {
    let is_needed = always || use_frame().is_some_and(|frame| frame.must_reauthenticate);
    is_needed.then(|| {
        let error = form.error("password");
        let (error_id, label_for, invalid) = (format!("{id}-error"), id.clone(), error.is_some());
        let described = invalid.then(|| error_id.clone());
        view! {
            <div class="field">
                <label class="field-label" for=label_for>"Your password"</label>
                <input class="input w-full" class:input-error=invalid type="password" id=id name="password" autocomplete="current-password"
                    required=only_for.is_empty() aria-invalid=invalid.then_some("true") aria-describedby=described/>
                {error.map(|text| view! { <FieldMessage id=error_id text/> })}
                <p class="field-help">{if only_for.is_empty() { "Enter your password again to confirm that it is you." } else { only_for }}</p>
            </div>
        }
    })
}

/// The button that sends a form.
#[component]
pub fn Submit(
    /// What it does.
    label: &'static str,
) -> impl IntoView {
    view! { <button class="btn btn-primary" type="submit">{label}</button> }
}
