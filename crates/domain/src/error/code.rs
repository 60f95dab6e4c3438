//! The codes of errors: what a program reads where a person reads the sentence. They never change their meaning.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

macro_rules! codes {
    ($($(#[doc = $about:literal])+ $name:ident = $code:literal,)*) => {
        /// Why something was refused; a closed list, the subject first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $about])+ $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As programs read it, such as `quota.full`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// What it says, as the documentation lists it.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($about),+).trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    Malformed = "malformed",
    /// Nobody is signed in.
    Unauthenticated = "unauthenticated",
    /// The caller's rights do not reach that far.
    Forbidden = "forbidden",
    /// The password has to be given again first.
    ReauthenticationRequired = "reauthentication.required",
    /// A second factor has to be set up first.
    SecondFactorRequired = "second_factor.required",
    /// A new password has to be set first.
    PasswordChangeRequired = "password.change_required",
    /// There is no such thing, or it is not the caller's to know of.
    NotFound = "not_found",
    /// Too many tries; `Retry-After` says when the next one counts.
    RateLimited = "rate_limited",
    /// A service does not answer; `Retry-After` says when to ask again.
    Unavailable = "unavailable",
    /// A list takes too long to read.
    ListTooSlow = "list.too_slow",
    /// No space is left on the server.
    NoSpace = "space.none",
    /// As many files are being uploaded as may be at once: by the user, on the site, or in all.
    UploadLimit = "upload.limit",
    /// The file came in more slowly than an upload may.
    UploadSlow = "upload.slow",
    /// The company keeps as many bytes in files as it may.
    StorageFull = "storage.full",
    /// A fault of Oneo; the request id finds it in the log.
    Internal = "internal",
    /// Several fields need attention, each for a reason of its own.
    Invalid = "invalid",
    /// Several things clash with what is there, each for a reason of its own.
    Conflict = "conflict",

    /// The field is empty and must not be.
    FieldRequired = "field.required",
    /// The field does not hold what it is for.
    FieldInvalid = "field.invalid",
    /// The field is too long.
    FieldTooLong = "field.too_long",
    /// The field holds none of its choices.
    FieldUnknownChoice = "field.unknown_choice",
    /// Nobody and nothing was chosen.
    SelectionEmpty = "selection.empty",
    /// More match by now than the caller was shown.
    SelectionChanged = "selection.changed",
    /// Another user changed the record since it was read.
    RecordChanged = "record.changed",
    /// Another record has this value, and no two may.
    RecordValueTaken = "record.value_taken",
    /// Another record has this value, and may be the same one.
    RecordDuplicate = "record.duplicate",
    /// The record is in the trash.
    RecordDeleted = "record.deleted",
    /// The record holds more than a record may.
    RecordTooLarge = "record.too_large",
    /// What the record refers to is gone, or something still refers to it.
    RecordReferenced = "record.referenced",
    /// The file cannot be read as what it should be.
    FileUnreadable = "file.unreadable",
    /// The file is too large.
    FileTooLarge = "file.too_large",
    /// The text is no JSON, or not of the form that is asked for.
    JsonInvalid = "json.invalid",
    /// The text is no e-mail address.
    EmailInvalid = "email.invalid",
    /// The text is no user name.
    UsernameInvalid = "username.invalid",
    /// The text is no amount of money.
    MoneyInvalid = "money.invalid",
    /// The name typed to confirm is another one.
    NameMismatch = "name.mismatch",

    /// E-mail or password is not right, or the account cannot sign in.
    SignInRefused = "sign_in.refused",
    /// The time between the steps of signing in is over.
    SignInExpired = "sign_in.expired",
    /// The password is not the right one.
    PasswordWrong = "password.wrong",
    /// The password is too short, too long, or too easy to guess.
    PasswordWeak = "password.weak",
    /// The new password is the one that is to be changed.
    PasswordSame = "password.same",
    /// The passwords do not match.
    PasswordMismatch = "password.mismatch",
    /// The code is not right, or was used.
    CodeWrong = "code.wrong",
    /// There is a second factor already.
    SecondFactorOn = "second_factor.on",
    /// There is no second factor.
    SecondFactorMissing = "second_factor.missing",
    /// No secret waits for its first code.
    SecondFactorNotBegun = "second_factor.not_begun",
    /// The tenant requires a second factor of this user.
    SecondFactorRequiredByTenant = "second_factor.required_by_tenant",
    /// The link was used, or its time is over.
    LinkUsed = "link.used",
    /// No one-time link of this user is open.
    LinkNone = "link.none",
    /// No e-mail is sent from this installation.
    MailOff = "mail.off",
    /// As many e-mails were sent as may be in an hour.
    MailLimit = "mail.limit",

    /// All users of the plan are in use.
    QuotaFull = "quota.full",
    /// Another user of the tenant has this address.
    UserEmailTaken = "user.email_taken",
    /// A deleted user of the tenant has this address.
    UserEmailDeleted = "user.email_deleted",
    /// Another user of the tenant has this user name.
    UserUsernameTaken = "user.username_taken",
    /// As many custom fields are defined as may be.
    UserFieldLimit = "user_field.limit",
    /// Another custom field has this label.
    UserFieldLabelTaken = "user_field.label_taken",
    /// Another user has the same value in a unique field.
    UserFieldValueTaken = "user_field.value_taken",
    /// Users have the choice that is to be taken away.
    UserFieldChoiceUsed = "user_field.choice_used",
    /// The tenant takes no addresses of this domain.
    UserEmailDomainRefused = "user.email_domain_refused",
    /// The act is not for oneself.
    UserIsSelf = "user.is_self",
    /// The user is an owner, for whom this is not done.
    UserIsOwner = "user.is_owner",
    /// There must always be an active owner.
    UserLastOwner = "user.last_owner",
    /// The user is not active.
    UserInactive = "user.inactive",
    /// The user is deleted.
    UserDeleted = "user.deleted",
    /// The user is not locked.
    UserNotLocked = "user.not_locked",
    /// The user never set a password.
    UserNoPassword = "user.no_password",
    /// This role does not exist.
    RoleUnknown = "role.unknown",
    /// Another role has this name.
    RoleNameTaken = "role.name_taken",
    /// Another pipeline has this name.
    PipelineNameTaken = "pipeline.name_taken",
    /// There are as many pipelines as may be.
    PipelineLimit = "pipeline.limit",
    /// Another field of the pipeline has this label.
    FieldLabelTaken = "record_field.label_taken",
    /// The pipeline has as many fields as may be.
    FieldLimit = "record_field.limit",
    /// The field is needed where it is.
    FieldInUse = "record_field.in_use",
    /// Another stage of the pipeline has this name.
    StageNameTaken = "stage.name_taken",
    /// The pipeline has as many stages as may be.
    StageLimit = "stage.limit",
    /// Another team has this name.
    TeamNameTaken = "team.name_taken",
    /// The role came with the tenant and cannot be changed.
    RoleSystem = "role.system",
    /// The caller sees the site as a role, which this would not keep to.
    RoleSeen = "role.seen",
    /// The role of owners is given and taken one by one.
    RoleOwner = "role.owner",
    /// The role permits more than the caller may do.
    RoleOutranks = "role.outranks",
    /// A user who holds the role may do more than the caller.
    RoleHeldAbove = "role.held_above",
    /// This permission does not exist, or it is not granted like this.
    PermissionUnknown = "permission.unknown",
    /// What the import would do was not looked at to its end.
    ImportNotChecked = "import.not_checked",
    /// The uploaded file is not kept any more.
    ImportExpired = "import.expired",
    /// There is nothing to undo.
    ImportNothingToUndo = "import.nothing_to_undo",
    /// Another setting rules this value out.
    SettingInconsistent = "setting.inconsistent",
    /// There are as many settings of the tenant's own as there may be.
    SettingLimit = "setting.limit",
    /// There is a setting of this key.
    SettingKeyTaken = "setting.key_taken",

    /// As many jobs of the tenant are open as may be.
    JobLimit = "job.limit",
    /// The job is over.
    JobOver = "job.over",
    /// The job neither failed nor was cancelled.
    JobNotFailed = "job.not_failed",
    /// Only the user who asked for the job may do this.
    JobNotYours = "job.not_yours",
    /// A job of this kind is asked for anew.
    JobNotRetryable = "job.not_retryable",
    /// The job broke off too often.
    JobGaveUp = "job.gave_up",

    /// There must always be an active platform admin.
    AdminLast = "admin.last",
    /// Another platform admin has this address.
    AdminEmailTaken = "admin.email_taken",
    /// The platform admin is not active.
    AdminInactive = "admin.inactive",
    /// The tenant is suspended.
    TenantSuspended = "tenant.suspended",
    /// The tenant's status does not allow this.
    TenantWrongStatus = "tenant.wrong_status",
    /// The tenant has a schema already.
    TenantHasSchema = "tenant.has_schema",
    /// The tenant has no schema.
    TenantNoSchema = "tenant.no_schema",
    /// The tenant's schema has to be migrated first.
    TenantOutdated = "tenant.outdated",
    /// The tenant's grace period is not over.
    TenantGracePeriod = "tenant.grace_period",
    /// Another tenant has this short name.
    SlugTaken = "slug.taken",
    /// The text is no short name of a tenant.
    SlugInvalid = "slug.invalid",
    /// The schema name was used before.
    SchemaTaken = "schema.taken",
    /// The text is no name of a schema.
    SchemaInvalid = "schema.invalid",
    /// Another tenant has this domain, or one that looks like it.
    DomainTaken = "domain.taken",
    /// The text is no domain that a tenant may have.
    DomainInvalid = "domain.invalid",
    /// The domain is the platform's own.
    DomainReserved = "domain.reserved",
    /// The tenant's plan has no domains of its own.
    DomainNotInPlan = "domain.not_in_plan",
    /// The domain is not verified.
    DomainUnverified = "domain.unverified",
    /// The domain is verified already.
    DomainVerified = "domain.verified",
    /// The domain is the primary one.
    DomainIsPrimary = "domain.is_primary",
    /// The time to verify the domain is over.
    DomainClaimExpired = "domain.claim_expired",
    /// The tenant's plan has no AI.
    AiNotInPlan = "ai.not_in_plan",
    /// No AI service is configured.
    AiNotConfigured = "ai.not_configured",
    /// The configuration cannot be opened.
    AiUnreadable = "ai.unreadable",
    /// The address of the AI service is refused.
    AiAddressRefused = "ai.address_refused",
    /// The AI service answered with an error, or not at all.
    AiServiceFailed = "ai.service_failed",
    /// The limit of AI would be passed, or AI is off.
    AiLimitReached = "ai.limit_reached",
}

impl Code {
    /// The code written as `text`; `None` when there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("no code of an error: {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_read_back() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_'), "{code}");
        }
    }
}
