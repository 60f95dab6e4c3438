//! What the lines of an audit log say: each action has a sentence, and a change names its field.

use crate::user_field::FIELD_PREFIX;
use serde_json::{Map, Value};

/// The longest value that a sentence quotes, in characters; the detail of the line has all of it.
const QUOTED_MAX: usize = 40;

/// Each action with its sentence; `{}` is what it was done to.
const ACTIONS: &[(&str, &str)] = &[
    ("account.update", "Changed their own profile"),
    ("ai.delete", "Removed the AI configuration"),
    ("ai.test", "Tested the AI connection"),
    ("ai.update", "Changed the AI configuration"),
    ("domain.create", "Added the domain {}"),
    ("domain.delete", "Removed the domain {}"),
    ("domain.expire", "Stopped checking the DNS of {}"),
    ("domain.primary", "Made {} the primary domain"),
    ("domain.renew", "Created a new verification token for {}"),
    ("domain.verify", "Verified the domain {}"),
    ("domain.vouch", "Verified the domain {} manually"),
    ("favourite.create", "Added {} to their favourites"),
    ("favourite.delete", "Removed {} from their favourites"),
    ("field.create", "Added the field {}"),
    ("field.delete", "Deleted the field {}"),
    ("field.move", "Moved the field {}"),
    ("field.restore", "Restored the field {}"),
    ("field.type_cancel", "Cancelled the change of the type of the field {}"),
    ("field.type_change", "Changed the type of the field {}"),
    ("field.type_undo", "Undid the change of the type of the field {}"),
    ("field.update", "Changed the field {}"),
    ("job.cancel", "Cancelled the job {}"),
    ("job.download", "Downloaded {} from a job"),
    ("job.retry", "Retried the job {}"),
    ("list.layout_set", "Changed their columns in the list {}"),
    ("mfa.begin", "Started to set up a second factor"),
    ("mfa.codes_renew", "Created new recovery codes"),
    ("mfa.disable", "Removed their own second factor"),
    ("mfa.enable", "Set up a second factor"),
    ("note.create", "Added a note to {}"),
    ("note.delete", "Deleted a note on {}"),
    ("note.restore", "Restored a note on {}"),
    ("note.update", "Changed a note on {}"),
    ("password.change", "Changed their own password"),
    ("password.forgot", "Sent {} a link to set a new password"),
    ("password.reset", "Set a new password with a one-time link"),
    ("pipeline.create", "Created the pipeline {}"),
    ("pipeline.delete", "Deleted the pipeline {}"),
    ("pipeline.move", "Moved the pipeline {}"),
    ("pipeline.restore", "Restored the pipeline {}"),
    ("pipeline.update", "Changed the pipeline {}"),
    ("platform_admin.activate", "Activated the admin {}"),
    ("platform_admin.create", "Added the admin {}"),
    ("platform_admin.deactivate", "Deactivated the admin {}"),
    ("platform_admin.link_create", "Created a one-time link for the admin {}"),
    ("platform_admin.mfa_reset", "Reset the second factor of the admin {}"),
    ("platform_admin.update", "Changed the admin {}"),
    ("record.bulk", "Started the bulk action “{}”"),
    ("record.bulk_undo", "Started to undo the bulk action “{}”"),
    ("record.create", "Created {}"),
    ("record.delete", "Moved {} to the trash"),
    ("record.export", "Exported {}"),
    ("record.import", "Started the import of {}"),
    ("record.import_undo", "Started to undo the import of {}"),
    ("record.import_upload", "Uploaded {} for an import"),
    ("record.link", "Linked {}"),
    ("record.restore", "Restored {}"),
    ("record.share", "Shared {}"),
    ("record.unlink", "Unlinked {}"),
    ("record.unshare", "Stopped sharing {}"),
    ("record.update", "Changed {}"),
    ("role.create", "Created the role {}"),
    ("role.delete", "Deleted the role {}"),
    ("role.fields_set", "Changed which fields the role {} sees"),
    ("role.reach_set", "Changed which records the role {} reaches"),
    ("role.see", "Saw the site as the role {}"),
    ("role.update", "Changed the role {}"),
    ("secrets.rotate", "Rotated the secret keys"),
    ("session.create", "Signed in"),
    ("session.delete", "Ended one session of {}"),
    ("session.delete_matching", "Signed out {}"),
    ("session.delete_others", "Ended all their other sessions"),
    ("session.reauthenticate", "Confirmed their password"),
    ("setting.delete", "Deleted the setting {}"),
    ("setting.reset", "Reset the setting {}"),
    ("setting.update", "Changed the setting {}"),
    ("stage.archive", "Archived the stage {}"),
    ("stage.create", "Added the stage {}"),
    ("stage.move", "Moved the stage {}"),
    ("stage.restore", "Restored the stage {}"),
    ("stage.update", "Changed the stage {}"),
    ("team.create", "Created the team {}"),
    ("team.delete", "Deleted the team {}"),
    ("team.member_add", "Added a member to the team {}"),
    ("team.member_remove", "Removed a member from the team {}"),
    ("team.update", "Renamed the team {}"),
    ("tenant.ai_alert", "Raised an AI usage alert: {}"),
    ("tenant.ai_charge", "Charged {} for AI"),
    ("tenant.ai_forget", "Removed the AI configuration of {}"),
    ("tenant.ai_reset", "Reset the AI usage of {}"),
    ("tenant.ai_set", "Changed the AI configuration of {}"),
    ("tenant.ai_test", "Tested the AI connection of {}"),
    ("tenant.archive", "Archived {}"),
    ("tenant.clone", "Created {} as a clone"),
    ("tenant.clone_ask", "Started to clone {}"),
    ("tenant.create", "Created {}"),
    ("tenant.delete", "Deleted {}"),
    ("tenant.export", "Started to export {}"),
    ("tenant.import", "Created {} from an archive"),
    ("tenant.import_ask", "Started to import an archive as {}"),
    ("tenant.operate", "Ran a command on {}"),
    ("tenant.provision", "Created the schema of {}"),
    ("tenant.purge", "Purged {}"),
    ("tenant.purge_ask", "Started to purge {}"),
    ("tenant.purge_due", "Started to purge {} at the end of its archive period"),
    ("tenant.restore", "Restored {}"),
    ("tenant.resume", "Resumed {}"),
    ("tenant.sign_out", "Signed everyone out of {}"),
    ("tenant.suspend", "Suspended {}"),
    ("tenant.update", "Changed {}"),
    ("user.activate", "Activated {}"),
    ("user.bulk", "Started a bulk action: {}"),
    ("user.create", "Created the user {}"),
    ("user.deactivate", "Deactivated {}"),
    ("user.delete", "Deleted the user {}"),
    ("user.field_create", "Added the user field {}"),
    ("user.field_delete", "Deleted the user field {}"),
    ("user.field_move", "Moved the user field {}"),
    ("user.field_update", "Changed the user field {}"),
    ("user.find", "Looked up the e-mail address {}"),
    ("user.import", "Started the import of {}"),
    ("user.import_undo", "Started to undo the import of {}"),
    ("user.import_upload", "Uploaded {} to import"),
    ("user.link_create", "Created a one-time link for {}"),
    ("user.link_mail", "E-mailed a one-time link to {}"),
    ("user.link_revoke", "Revoked the one-time link of {}"),
    ("user.mfa_reset", "Reset the second factor of {}"),
    ("user.password_expire", "Required {} to set a new password"),
    ("user.permissions_set", "Changed the permissions of {}"),
    ("user.remove", "Removed the imported user {}"),
    ("user.restore", "Restored the user {}"),
    ("user.sign_out", "Signed {} out everywhere"),
    ("user.unlock", "Unlocked {}"),
    ("user.update", "Changed {}"),
    ("view.delete", "Deleted the view {}"),
    ("view.open_set", "Changed the view that their list {} opens with"),
    ("view.save", "Saved the view {}"),
];

/// What a field is called in a sentence.
const FIELDS: &[(&str, &str)] = &[
    ("ai_current_usage", "AI usage"),
    ("ai_usage_limit", "monthly AI limit"),
    ("auto_drop_schema", "schema deletion"),
    ("date_format", "date format"),
    ("effective", "effective permissions"),
    ("email", "e-mail address"),
    ("features_enabled", "features"),
    ("first_name", "first name"),
    ("is_active", "status"),
    ("is_public", "visibility"),
    ("last_name", "last name"),
    ("locale", "language and region"),
    ("max_storage_mb", "storage limit in MB"),
    ("max_users", "user limit"),
    ("photo", "picture"),
    ("roles", "roles"),
    ("tenant_permissions", "own permissions"),
    ("tenant_settings", "default settings"),
    ("user_type", "role"),
];

/// Whether the log has a sentence for an action.
#[must_use]
pub fn is_known(action: &str) -> bool {
    template(action).is_some()
}

/// What a line says: `Changed the user limit of Demo Company from 50 to 80`. An action without a sentence, written by another
/// version, is its own sentence.
#[must_use]
pub fn sentence(action: &str, object: &str, diff: &Value) -> String {
    let Some(template) = template(action) else {
        return if object.is_empty() { action.to_owned() } else { format!("{action}: {object}") };
    };
    let plain = template.replace("{}", object);
    let (Some(changes), Some(whose)) = (diff.as_object().map(changes), whose(action)) else { return plain };
    match changes.as_slice() {
        [] => plain,
        [(field, [before, after])] => {
            let what =
                if action == "setting.update" { object.to_owned() } else { format!("the {}{}", label(field), whose.replace("{}", object)) };
            match (quoted(before), quoted(after)) {
                (Some(before), Some(after)) => format!("Changed {what} from {before} to {after}"),
                (None, Some(after)) if before.is_null() => format!("Set {what} to {after}"),
                (Some(before), None) if after.is_null() => format!("Removed {what} (was {before})"),
                _ => format!("Changed {what}"),
            }
        }
        [rest @ .., (last, _)] => {
            let rest: Vec<_> = rest.iter().map(|(field, _)| label(field)).collect();
            format!("Changed the {} and {}{}", rest.join(", "), label(last), whose.replace("{}", object))
        }
    }
}

/// What a field of the database is called.
#[must_use]
pub fn label(field: &str) -> String {
    let known = FIELDS.iter().find(|(name, _)| *name == field).map(|(_, label)| (*label).to_owned());
    known.unwrap_or_else(|| field.strip_prefix(FIELD_PREFIX).unwrap_or(field).replace('_', " "))
}

fn template(action: &str) -> Option<&'static str> {
    ACTIONS.binary_search_by(|(known, _)| (*known).cmp(action)).ok().and_then(|at| ACTIONS.get(at)).map(|(_, sentence)| *sentence)
}

/// Of the actions that change fields, how a sentence says whose they are.
fn whose(action: &str) -> Option<&'static str> {
    match action {
        "user.update" | "role.update" | "tenant.update" | "platform_admin.update" => Some(" of {}"),
        "account.update" | "setting.update" => Some(""),
        _ => None,
    }
}

/// The fields of a difference, each `[before, after]`.
fn changes(diff: &Map<String, Value>) -> Vec<(&str, [&Value; 2])> {
    diff.iter()
        .filter_map(|(field, value)| match value.as_array()?.as_slice() {
            [before, after] if before != after => Some((field.as_str(), [before, after])),
            _ => None,
        })
        .collect()
}

/// A short value as a sentence quotes it.
fn quoted(value: &Value) -> Option<String> {
    let text = match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.clone(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (text.chars().count() <= QUOTED_MAX).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn actions_stand_in_order() {
        assert!(ACTIONS.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn a_change_of_one_field_says_from_what_to_what() {
        let says = |diff| sentence("tenant.update", "Acme", &diff);
        assert_eq!(says(json!({ "max_users": [50, 80] })), "Changed the user limit of Acme from 50 to 80");
        assert_eq!(says(json!({ "max_users": [null, 80] })), "Set the user limit of Acme to 80");
        assert_eq!(says(json!({ "name": ["Acme", "Acme Ltd"], "max_users": [1, 2] })), "Changed the user limit and name of Acme");
        assert_eq!(says(json!({ "tenant_settings": [{}, { "a": 1 }] })), "Changed the default settings of Acme");
        assert_eq!(says(json!({})), "Changed Acme");
        assert_eq!(
            sentence("setting.update", "Idle timeout (minutes)", &json!({ "value": [30, 60] })),
            "Changed Idle timeout (minutes) from 30 to 60"
        );
        assert_eq!(
            sentence("account.update", "a@b.example", &json!({ "theme": ["light", "dark"] })),
            "Changed the theme from light to dark"
        );
    }

    #[test]
    fn other_actions_name_their_object() {
        assert_eq!(sentence("user.create", "a@b.example", &json!({ "email": [null, "a@b.example"] })), "Created the user a@b.example");
        assert_eq!(sentence("session.create", "a@b.example", &json!({ "by": "password" })), "Signed in");
        assert_eq!(sentence("rocket.launch", "Moon", &json!({})), "rocket.launch: Moon");
    }
}
