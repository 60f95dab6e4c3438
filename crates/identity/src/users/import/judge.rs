//! What is to be done with each line of an import, by what is there now. Nobody is changed here.

use super::{Plan, custom::Custom, draft::roles_by_word};
use db::tenant::{
    job_rows::job_keys_insert,
    user_fields::{ValueKey, field_values_taken},
    users::{self, UserRecord},
};
use domain::{
    Email, JobId, PersonName, Username,
    access::Access,
    import::{ImportKey, ImportMode},
    role::RoleKey,
    text::fold,
    user_field::UserField,
};
use kernel::{RequestCx, Result, csv::Record, cx::TenantTx, imports::key_hash};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a line says for a field; nothing when it is empty or the field has no column.
fn cell<'a>(plan: &Plan, cells: &'a [String], field: &str) -> Option<&'a str> {
    let text = cells.get(*plan.columns.get(field)?)?.trim();
    (!text.is_empty()).then_some(text)
}

/// Which of the keys of a batch lines before it had: addresses and user names, which share one space since either signs in.
struct Seen(HashSet<i64>);

impl Seen {
    /// Looks up the keys of some lines and notes them for the lines to come. They stand in the database: a file may have more
    /// lines than fit into memory.
    async fn of(tx: &mut TenantTx, job: JobId, keys: &BTreeSet<String>) -> Result<Self> {
        let hashes: Vec<i64> = keys.iter().map(|key| key_hash(key)).collect();
        let new: HashSet<i64> = job_keys_insert(&mut tx.conn, job, &hashes).await?.into_iter().collect();
        Ok(Self(hashes.into_iter().filter(|hash| !new.contains(hash)).collect()))
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains(&key_hash(key))
    }
}

/// What is to be done with a line.
pub(super) enum Verdict {
    Create { email: Email, username: Username, first: PersonName, last: PersonName, role: RoleKey, is_staff: bool, custom: Custom },
    Update { user: Box<UserRecord>, first: PersonName, last: PersonName, role: RoleKey, custom: Custom },
    Unchanged(i64),
    Failed(String),
}

/// A line with the keys of its address and user name, whatever they are worth.
struct Line<'a> {
    number: i64,
    cells: &'a [String],
    email: Option<String>,
    username: Option<String>,
    /// Values of custom fields, or what is wrong with one.
    custom: std::result::Result<Custom, String>,
}

impl<'a> Line<'a> {
    fn of(plan: &Plan, fields: &[UserField], record: &'a Record) -> Self {
        let cells = record.cells.as_deref().unwrap_or_default();
        let email = cell(plan, cells, "email").map(|text| Email::parse(text).map_or_else(|_| fold(text), |email| email.key()));
        let username = cell(plan, cells, "username").map(fold);
        let custom = Custom::of(fields, |name| cell(plan, cells, name));
        Self { number: record.line, cells, email, username, custom }
    }

    /// The values of unique fields, as lines of a file are compared by them.
    fn unique_keys(&self) -> impl Iterator<Item = String> {
        self.custom.iter().flat_map(Custom::unique_keys)
    }

    fn key(&self, key: ImportKey) -> Option<&str> {
        match key {
            ImportKey::Email => self.email.as_deref(),
            ImportKey::Username => self.username.as_deref(),
        }
    }

    /// User names made of the address.
    fn suggested(&self, plan: &Plan) -> [String; 2] {
        let local = cell(plan, self.cells, "email").and_then(|email| email.split('@').next()).unwrap_or_default();
        let wish = Username::suggest(local).map_or_else(|| "user".to_owned(), |name| name.as_str().to_owned());
        let numbered = format!("{wish}.{}", self.number);
        [wish, numbered]
    }
}

/// What is there now, by which lines are judged.
struct There<'a> {
    users: Vec<UserRecord>,
    access: Vec<Access>,
    by_email: BTreeMap<String, usize>,
    by_username: BTreeMap<String, usize>,
    seen: Seen,
    /// The keys that the lines of this batch have used up so far.
    taken: HashSet<String>,
    roles: Words,
    fields: &'a [UserField],
    /// What those of `users` have in custom fields, and whatever else is kept of them; read where the file has such fields.
    metadata: HashMap<i64, Value>,
    /// Who has which value of unique fields.
    holders: HashMap<ValueKey, i64>,
    /// Users who may still be made.
    free: i32,
}

impl<'a> There<'a> {
    async fn of(tx: &mut TenantTx, (job, plan, fields): (JobId, &Plan, &'a [UserField]), lines: &[Line<'_>], made: i32) -> Result<Self> {
        let roles = roles_by_word(tx).await?;
        let emails: Vec<String> = lines.iter().filter_map(|line| line.email.clone()).collect();
        let mut usernames: Vec<String> = lines.iter().filter_map(|line| line.username.clone()).collect();
        let keys: BTreeSet<String> = emails.iter().chain(&usernames).cloned().chain(lines.iter().flat_map(Line::unique_keys)).collect();
        usernames.extend(lines.iter().flat_map(|line| line.suggested(plan)).map(|name| fold(&name)));
        let seen = Seen::of(tx, job, &keys).await?;
        let users = users::user_find_many(&mut tx.conn, &emails, &usernames).await?;
        let access = users::user_access_many(&mut tx.conn, &users.iter().collect::<Vec<_>>()).await?;
        let by = |key: fn(&UserRecord) -> String| users.iter().enumerate().map(|(index, user)| (key(user), index)).collect();
        let by_email = by(|user| Email::parse(&user.email).map_or_else(|_| fold(&user.email), |email| email.key()));
        let by_username = by(|user| fold(&user.username));
        let quota = users::quota_get(&tx.conn).await?;
        let free = quota.max_users - quota.active_users - made;
        let (mut metadata, mut holders) = (HashMap::new(), HashMap::new());
        if !plan.fields.is_empty() {
            let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
            metadata.extend(users::user_metadata_many(&tx.conn, &ids).await?);
            let values: Vec<ValueKey> =
                lines.iter().filter_map(|line| line.custom.as_ref().ok()).flat_map(|custom| custom.unique.clone()).collect();
            holders.extend(field_values_taken(&mut tx.conn, &values).await?);
        }
        Ok(Self { by_email, by_username, users, access, seen, taken: HashSet::new(), roles, fields, metadata, holders, free })
    }

    /// The user whom a line means.
    fn found(&self, key: ImportKey, text: &str) -> Option<(&UserRecord, &Access)> {
        let by = if key == ImportKey::Email { &self.by_email } else { &self.by_username };
        let index = *by.get(text)?;
        Some((self.users.get(index)?, self.access.get(index)?))
    }

    fn is_taken(&self, username: &str) -> bool {
        let key = fold(username);
        self.by_username.contains_key(&key) || self.taken.contains(&key) || self.seen.has(&key)
    }
}

/// Says what is to be done with each line, by what is there now.
pub(super) async fn judge(
    cx: &RequestCx,
    tx: &mut TenantTx,
    (job, plan, fields): (JobId, &Plan, &[UserField]),
    records: &[Record],
    made: i32,
) -> Result<Vec<Verdict>> {
    let lines: Vec<Line<'_>> = records.iter().map(|record| Line::of(plan, fields, record)).collect();
    let mut there = There::of(tx, (job, plan, fields), &lines, made).await?;
    let (mut verdicts, mut given_up) = (Vec::with_capacity(records.len()), BTreeSet::new());
    for (record, line) in records.iter().zip(&lines) {
        let verdict = match &record.cells {
            Err((error, _)) => Verdict::Failed(error.to_string()),
            Ok(_) => judge_one(cx, tx, plan, line, &there),
        };
        if let Verdict::Create { email, username, .. } = &verdict {
            there.free -= 1;
            there.taken.extend([email.key(), username.key()]);
        }
        there.taken.extend(line.key(plan.key).map(str::to_owned));
        there.taken.extend(line.unique_keys());
        if let Verdict::Update { user, custom, .. } = &verdict {
            // A value that is given up does not change hands within an import: neither the check nor the undo could tell.
            let metadata = there.metadata.get(&user.id).cloned().unwrap_or_default();
            given_up.extend(custom.unique_keys_before(fields, &metadata));
        }
        there.taken.extend(given_up.iter().cloned());
        verdicts.push(verdict);
    }
    Seen::of(tx, job, &given_up).await?;
    Ok(verdicts)
}

fn judge_one(cx: &RequestCx, tx: &TenantTx, plan: &Plan, line: &Line<'_>, there: &There<'_>) -> Verdict {
    let typed = |field: &str| cell(plan, line.cells, field);
    let Some(key) = line.key(plan.key) else {
        let what = if plan.key == ImportKey::Email { "e-mail address" } else { "user name" };
        return Verdict::Failed(format!("This row has no {what}"));
    };
    if there.seen.has(key) || there.taken.contains(key) {
        return Verdict::Failed("The file contains this user twice".to_owned());
    }
    match there.found(plan.key, key) {
        Some((user, _)) if user.deleted_at.is_some() => Verdict::Failed(DELETED.to_owned()),
        Some((user, _)) if plan.mode == ImportMode::Create => Verdict::Unchanged(user.id),
        Some((user, access)) => {
            let outranked = !tx.user.holds(&access.effective());
            change(user, line, outranked, tx.user.id.0 == user.id, &typed, there)
        }
        None if plan.mode == ImportMode::Update => Verdict::Failed("No user matches this row".to_owned()),
        None if there.free <= 0 => Verdict::Failed(NO_SEAT.to_owned()),
        None => {
            let address = line.email.as_deref().unwrap_or_default();
            let owner = there.found(ImportKey::Email, address);
            if owner.is_some_and(|(user, _)| user.deleted_at.is_some()) {
                return Verdict::Failed(DELETED.to_owned());
            }
            if owner.is_some() || there.taken.contains(address) {
                return Verdict::Failed("Another user has this e-mail address".to_owned());
            }
            let username = match typed("username") {
                Some(name) => Some(name.to_owned()).filter(|name| !there.is_taken(name)),
                None => line.suggested(plan).into_iter().find(|name| !there.is_taken(name)),
            };
            let Some(username) = username else { return Verdict::Failed("This username is taken".to_owned()) };
            create(cx, plan, &username, &typed, (line, there)).unwrap_or_else(Verdict::Failed)
        }
    }
}

/// Why a line is left out for which the plan has no room.
pub(crate) const NO_SEAT: &str = "All seats of your plan are in use. Deactivate a user, or ask the platform operator for more seats.";
/// Why a line is left out whose address belongs to a deleted user.
const DELETED: &str = "The address belongs to a deleted user. Restore that user first.";

type Words = BTreeMap<String, (RoleKey, bool, bool)>;

/// The role a line names, as a file may write it.
fn role_of(word: &str, roles: &Words) -> std::result::Result<(RoleKey, bool), String> {
    match roles.get(&fold(word)) {
        None => Err(format!("The role “{word}” does not exist")),
        Some((_, false, _)) => Err(format!("You cannot assign the role “{word}”")),
        Some((key, true, is_staff)) => Ok((key.clone(), *is_staff)),
    }
}

fn create<'a>(
    cx: &RequestCx,
    plan: &Plan,
    username: &str,
    typed: &impl Fn(&str) -> Option<&'a str>,
    (line, there): (&Line<'_>, &There<'_>),
) -> std::result::Result<Verdict, String> {
    let text = |field: &str| typed(field).unwrap_or_default();
    let email = Email::parse(text("email")).map_err(|error| format!("E-mail: {error}"))?;
    cx.settings.mail_domain_check(&email)?;
    let first = PersonName::parse(text("first_name")).map_err(|error| format!("First name: {error}"))?;
    let last = PersonName::parse(text("last_name")).map_err(|error| format!("Last name: {error}"))?;
    let username = Username::parse(username).map_err(|error| format!("User name: {error}"))?;
    let (role, is_staff) = role_of(typed("user_type").unwrap_or(&plan.role), &there.roles)?;
    let custom = line.custom.clone()?;
    custom.complete(there.fields)?;
    custom.fits(there.fields, &json!({}))?;
    unique_free(&custom, None, there)?;
    Ok(Verdict::Create { email, username, first, last, role, is_staff, custom })
}

/// Goes on only with values of unique fields that no other user and no line before has.
fn unique_free(custom: &Custom, user: Option<i64>, there: &There<'_>) -> std::result::Result<(), String> {
    for (value, key) in custom.unique.iter().zip(custom.unique_keys()) {
        let label = there.fields.iter().find(|field| field.key == value.0).map_or("", |field| field.label.as_str());
        if there.seen.has(&key) || there.taken.contains(&key) {
            return Err(format!("{label}: the file contains this value twice"));
        }
        if there.holders.get(value).is_some_and(|holder| Some(*holder) != user) {
            return Err(format!("{label}: another user has this value"));
        }
    }
    Ok(())
}

/// What changes for a user who is there: names, role and custom fields. Empty cells leave as it is what they stand for.
fn change<'a>(
    user: &UserRecord,
    line: &Line<'_>,
    outranked: bool,
    is_self: bool,
    typed: &impl Fn(&str) -> Option<&'a str>,
    there: &There<'_>,
) -> Verdict {
    let judged = || {
        let roles = &there.roles;
        let email = Email::parse(&user.email).map_or_else(|_| fold(&user.email), |email| email.key());
        let is_other = |key: &Option<String>, stored: &str| key.as_deref().is_some_and(|key| key != stored);
        if is_other(&line.email, &email) || is_other(&line.username, &fold(&user.username)) {
            return Err("An import cannot change e-mail addresses and usernames".to_owned());
        }
        let first = PersonName::parse(typed("first_name").unwrap_or(&user.first_name)).map_err(|error| format!("First name: {error}"))?;
        let last = PersonName::parse(typed("last_name").unwrap_or(&user.last_name)).map_err(|error| format!("Last name: {error}"))?;
        let role = match typed("user_type") {
            Some(word) if roles.get(&fold(word)).is_none_or(|(key, ..)| key.as_str() != user.user_type) => role_of(word, roles)?.0,
            _ => RoleKey::parse(&user.user_type).map_err(|error| error.to_string())?,
        };
        let custom = line.custom.clone()?;
        let metadata = there.metadata.get(&user.id).cloned().unwrap_or_default();
        let is_same = custom.values.iter().all(|(key, value)| metadata.get(key) == value.as_ref());
        if first.as_str() == user.first_name && last.as_str() == user.last_name && role.as_str() == user.user_type && is_same {
            return Ok(Verdict::Unchanged(user.id));
        }
        if outranked {
            return Err("This user has more rights than you".to_owned());
        }
        if role.as_str() != user.user_type && (is_self || user.user_type == domain::role::OWNER) {
            return Err("An import cannot change your own role or the role of an owner".to_owned());
        }
        custom.fits(there.fields, &metadata)?;
        unique_free(&custom, Some(user.id), there)?;
        Ok(Verdict::Update { user: Box::new(user.clone()), first, last, role, custom })
    };
    judged().unwrap_or_else(Verdict::Failed)
}
