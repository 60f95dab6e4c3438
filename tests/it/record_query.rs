//! Filters, sorts and pages of lists of records, compared with a naive evaluation of the same data for each role.

use axum::http::StatusCode;
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, TimeDelta, Utc};
use domain::record::FieldKind;
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};
use std::{cmp::Ordering, collections::HashMap, fmt::Write, str::FromStr};
use test_support::{Actor, Sql, Tenant, TestApp};
use tokio::{runtime::Handle, task::block_in_place};

/// Texts of which some contain others, differ in case alone, or hold what `LIKE` reads as a pattern.
const TEXTS: [&str; 10] = ["ada", "Ada", "ADA Lovelace", "Äpfel", "äpfel", "b%b", "b_b", "bob", "back\\slash", "zoë"];
const NUMBERS: [&str; 7] = ["-3", "0", "0.5", "2", "10", "10.25", "12345678901234567890"];
/// Options in an order that is not the one of their keys.
const OPTIONS: [&str; 4] = ["tiny", "small", "medium", "large"];
const DAYS: [i64; 7] = [-40, -8, -1, 0, 1, 6, 31];
/// The field that salespeople do not see.
const HIDDEN: &str = "a_number";

fn key(kind: FieldKind) -> String {
    format!("a_{}", kind.as_str())
}

/// A record as the test remembers it.
#[derive(Clone, Debug)]
struct Kept {
    id: i64,
    owner: usize,
    created: DateTime<Utc>,
    data: Map<String, Value>,
}

/// A value of a field as it is stored; nothing for an empty one.
fn value_of(kind: FieldKind, today: NaiveDate, pick: usize) -> Option<Value> {
    if pick.is_multiple_of(4) {
        return None;
    }
    let one = |all: &[&str]| all[pick % all.len()].to_owned();
    let day = shifted(today, DAYS[pick % DAYS.len()]);
    Some(match kind {
        FieldKind::Text | FieldKind::LongText => json!(one(&TEXTS)),
        FieldKind::Number | FieldKind::Percent => json!(one(&NUMBERS)),
        FieldKind::Money => json!({ "a": one(&NUMBERS[..6]), "c": "EUR", "r": "1" }),
        FieldKind::Rating => json!((pick % 5 + 1).to_string()),
        FieldKind::Duration => json!((pick % 200).to_string()),
        FieldKind::Date => json!(day.to_string()),
        FieldKind::DateTime => json!(day.and_hms_opt(23, 59, 0).unwrap().and_utc().to_rfc3339_opts(SecondsFormat::Secs, true)),
        FieldKind::Checkbox => json!(true),
        FieldKind::Select => json!(one(&OPTIONS)),
        FieldKind::MultiSelect => json!(OPTIONS.iter().skip(pick % 4).collect::<Vec<_>>()),
        FieldKind::Email => json!([format!("{}@x.example", pick % 3), "second@y.example"]),
        FieldKind::Phone => json!([format!("+49301234{}", pick % 3)]),
        FieldKind::Url => json!([format!("https://{}.example", ["a", "b"][pick % 2])]),
        FieldKind::Relation => return None,
    })
}

fn shifted(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_add_signed(TimeDelta::days(days)).unwrap()
}

/// A condition: a field, an operator, and a value as the address has it.
#[derive(Clone, Debug)]
struct Asked {
    kind: FieldKind,
    op: &'static str,
    value: String,
}

#[derive(Clone, Debug)]
struct Query {
    conditions: Vec<Asked>,
    any: bool,
    sorts: Vec<(String, bool)>,
    /// Which record goes and what comes between two pages.
    between: usize,
}

fn asked() -> impl Strategy<Value = Asked> {
    (select(FieldKind::ALL.to_vec()), any::<usize>(), any::<usize>()).prop_map(|((kind, ..), op, pick)| {
        let op = kind.ops()[op % kind.ops().len()].as_str();
        let one = |all: &[&str]| all[pick % all.len()].to_owned();
        let value = match kind {
            _ if ["empty", "filled"].contains(&op) => "yes".to_owned(),
            FieldKind::Text | FieldKind::LongText => one(&["a", "ADA", "%", "_", "\\", "ä", "b", "bob", "nothing"]),
            FieldKind::Email => one(&["1@x", "SECOND", "2@x.example", "%"]),
            FieldKind::Phone => one(&["+49 30 12341", "2", "9999"]),
            FieldKind::Url => one(&["https://a.example", "B.EX", "c"]),
            FieldKind::Number | FieldKind::Percent | FieldKind::Money => one(&["0", "0.5", "10", "-3", "10.25", "11"]),
            FieldKind::Rating => one(&["1", "3", "5"]),
            FieldKind::Duration => one(&["0:30", "1:00", "2h 30m"]),
            FieldKind::Date | FieldKind::DateTime if op == "within" => {
                one(&["today", "this_week", "last_month", "next_7_days", "last_30_days", "this_year"])
            }
            FieldKind::Date | FieldKind::DateTime => one(&["today", "today-8", "today+6", "2026-01-01"]),
            FieldKind::Checkbox => one(&["yes", "no"]),
            FieldKind::Relation => String::new(),
            FieldKind::Select | FieldKind::MultiSelect => one(&["tiny", "small,large", "medium,tiny,small"]),
        };
        Asked { kind, op, value }
    })
}

fn query() -> impl Strategy<Value = Query> {
    let fields = FieldKind::ALL.iter().map(|(kind, ..)| format!("field.{}", key(*kind)));
    let names: Vec<String> = ["title", "created"].map(str::to_owned).into_iter().chain(fields).collect();
    let sorts = prop::collection::vec((select(names), any::<bool>()), 0..4);
    (prop::collection::vec(asked(), 0..4), any::<bool>(), sorts, any::<usize>()).prop_map(|(conditions, any, sorts, between)| {
        // An address has each pair once, and sorts by each column once.
        let (mut asked, mut sorted): (Vec<Asked>, Vec<(String, bool)>) = (Vec::new(), Vec::new());
        for one in conditions {
            if asked.iter().all(|known| (known.kind, known.op) != (one.kind, one.op)) {
                asked.push(one);
            }
        }
        for one in sorts {
            if sorted.iter().all(|(known, _)| *known != one.0) {
                sorted.push(one);
            }
        }
        Query { conditions: asked, any, sorts: sorted, between }
    })
}

impl Query {
    fn pairs(&self) -> Vec<(String, String)> {
        let conditions = self.conditions.iter().map(|one| (format!("field.{}.{}", key(one.kind), one.op), one.value.clone()));
        let mut pairs: Vec<_> = conditions.collect();
        pairs.extend(self.any.then(|| ("match".to_owned(), "any".to_owned())));
        if let Some(((sort, desc), then)) = self.sorts.split_first() {
            let then = then.iter().map(|(name, desc)| format!("{}{name}", if *desc { "-" } else { "" })).collect::<Vec<_>>();
            pairs.extend([("sort".to_owned(), sort.clone()), ("dir".to_owned(), if *desc { "desc" } else { "asc" }.to_owned())]);
            pairs.push(("then".to_owned(), then.join(",")));
        }
        pairs
    }
}

/// What the naive evaluation knows of a role.
struct Role {
    actor: Actor,
    /// Whose records it sees.
    owners: Vec<usize>,
    hides: bool,
}

/// The naive evaluation of filters and sorts.
struct Naive {
    today: NaiveDate,
    /// The place of each text in the order of the database's collation.
    ranks: HashMap<String, usize>,
}

impl Naive {
    fn meets(&self, asked: &Asked, data: &Map<String, Value>) -> bool {
        let value = data.get(&key(asked.kind));
        let texts: Vec<String> = match value {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(all)) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
            _ => Vec::new(),
        };
        let needle = if asked.kind == FieldKind::Phone { asked.value.replace(' ', "") } else { asked.value.clone() }.to_lowercase();
        let some = |test: &dyn Fn(&str) -> bool| texts.iter().any(|text| test(&text.to_lowercase()));
        let options: Vec<&str> = asked.value.split(',').collect();
        let is_text = matches!(asked.kind, FieldKind::Text | FieldKind::LongText | FieldKind::Email | FieldKind::Phone | FieldKind::Url);
        let compared = || self.number(asked.kind, value).map(|number| number.partial_cmp(&self.typed(asked)).unwrap());
        match asked.op {
            "empty" => value.is_none(),
            "filled" => value.is_some(),
            "contains" => some(&|text| text.contains(&needle)),
            "contains_not" => !some(&|text| text.contains(&needle)),
            "begins" => some(&|text| text.starts_with(&needle)),
            "is" if is_text => some(&|text| text == needle),
            "is_not" if is_text => !some(&|text| text == needle),
            "is" if asked.kind == FieldKind::Checkbox => (value == Some(&json!(true))) == (asked.value == "yes"),
            "any" => texts.iter().any(|text| options.contains(&text.as_str())),
            "none" => !texts.iter().any(|text| options.contains(&text.as_str())),
            op if matches!(asked.kind, FieldKind::Date | FieldKind::DateTime) => {
                let day: Option<NaiveDate> = texts.first().map(|text| text.get(..10).unwrap().parse().unwrap());
                let (from, until) = self.days(op, &asked.value);
                day.is_some_and(|day| from.is_none_or(|from| day >= from) && until.is_none_or(|until| day < until))
            }
            "is" => compared() == Some(Ordering::Equal),
            "is_not" => compared() != Some(Ordering::Equal),
            "gte" => compared().is_some_and(Ordering::is_ge),
            "gt" => compared().is_some_and(Ordering::is_gt),
            "lte" => compared().is_some_and(Ordering::is_le),
            "lt" => compared().is_some_and(Ordering::is_lt),
            op => unreachable!("{op}"),
        }
    }

    fn days(&self, op: &str, value: &str) -> (Option<NaiveDate>, Option<NaiveDate>) {
        if op == "within" {
            let (from, until) = domain::list::period(value, self.today).unwrap();
            return (Some(from), Some(until));
        }
        let day = match value.strip_prefix("today") {
            Some(rest) => shifted(self.today, rest.parse().unwrap_or(0)),
            None => value.parse().unwrap(),
        };
        let next = day.checked_add_days(Days::new(1)).unwrap();
        match op {
            "is" => (Some(day), Some(next)),
            "gte" => (Some(day), None),
            "gt" => (Some(next), None),
            "lte" => (None, Some(next)),
            "lt" => (None, Some(day)),
            op => unreachable!("{op}"),
        }
    }

    fn number(&self, kind: FieldKind, value: Option<&Value>) -> Option<bigdecimal::BigDecimal> {
        let text = if kind == FieldKind::Money { value?.get("a")?.as_str()? } else { value?.as_str()? };
        bigdecimal::BigDecimal::from_str(text).ok()
    }

    fn typed(&self, asked: &Asked) -> bigdecimal::BigDecimal {
        let text = match asked.value.as_str() {
            "0:30" => "30",
            "1:00" => "60",
            "2h 30m" => "150",
            text => text,
        };
        bigdecimal::BigDecimal::from_str(text).unwrap()
    }

    /// How two records stand by one column, empty ones last whichever way it runs.
    fn compare(&self, (name, desc): &(String, bool), one: &Kept, other: &Kept) -> Ordering {
        let turned = |order: Ordering| if *desc { order.reverse() } else { order };
        let Some(field) = name.strip_prefix("field.a_") else {
            return turned(match name.as_str() {
                "created" => one.created.cmp(&other.created),
                _ => self.rank(&title(one)).cmp(&self.rank(&title(other))),
            });
        };
        let kind = FieldKind::parse(field).unwrap();
        let sides = [one, other].map(|kept| kept.data.get(&key(kind)));
        let [Some(one), Some(other)] = sides else {
            return sides[0].is_none().cmp(&sides[1].is_none());
        };
        let first = |value: &Value| value.as_str().or_else(|| value[0].as_str()).unwrap_or_default().to_owned();
        turned(match kind {
            FieldKind::Number | FieldKind::Percent | FieldKind::Money | FieldKind::Rating | FieldKind::Duration => {
                self.number(kind, Some(one)).cmp(&self.number(kind, Some(other)))
            }
            FieldKind::Select | FieldKind::MultiSelect => {
                let place = |value: &Value| OPTIONS.iter().position(|option| *option == first(value));
                place(one).cmp(&place(other))
            }
            FieldKind::Date | FieldKind::DateTime => first(one).cmp(&first(other)),
            FieldKind::Checkbox => Ordering::Equal,
            _ => self.rank(&first(one)).cmp(&self.rank(&first(other))),
        })
    }

    fn rank(&self, text: &str) -> usize {
        self.ranks[text]
    }

    /// The records that a role sees of a query, in order.
    fn list<'a>(&self, role: &Role, query: &Query, all: &'a [Kept]) -> Vec<&'a Kept> {
        let is_hidden = |name: &str| role.hides && name.ends_with(HIDDEN);
        let matches = |kept: &&Kept| {
            let one = |asked: &Asked| !is_hidden(&key(asked.kind)) && self.meets(asked, &kept.data);
            query.conditions.is_empty() || if query.any { query.conditions.iter().any(one) } else { query.conditions.iter().all(one) }
        };
        let seen = all.iter().filter(|kept| role.owners.contains(&kept.owner));
        let mut found: Vec<&Kept> = seen.filter(matches).collect();
        // A column that is hidden sorts as one that does not exist.
        let (first, then) = query.sorts.split_first().map_or((None, &[][..]), |(first, then)| (Some(first), then));
        let title = ("title".to_owned(), false);
        let first = first.filter(|(name, _)| !is_hidden(name)).unwrap_or(&title);
        let sorts: Vec<_> = std::iter::once(first).chain(then.iter().take(2).filter(|(name, _)| !is_hidden(name))).collect();
        found.sort_by(|one, other| {
            let by = sorts.iter().map(|sort| self.compare(sort, one, other)).find(|order| order.is_ne());
            by.unwrap_or_else(|| if first.1 { other.id.cmp(&one.id) } else { one.id.cmp(&other.id) })
        });
        found
    }
}

fn title(kept: &Kept) -> String {
    kept.data.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

struct World {
    tenant: Tenant,
    sql: Sql,
    records: Vec<Kept>,
    naive: Naive,
    now: DateTime<Utc>,
    pipeline: String,
    people: [String; 2],
    picks: usize,
}

impl World {
    /// Adds records with values by `pick`, and remembers them.
    async fn add(&mut self, count: usize) {
        let mut rows = String::new();
        for _ in 0..count {
            self.picks = self.picks.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = |shift: usize| (self.picks >> 11) / (shift * 7 + 1);
            let values =
                FieldKind::ALL.iter().enumerate().map(|(place, (kind, ..))| (key(*kind), value_of(*kind, self.naive.today, pick(place))));
            let mut data: Map<String, Value> = values.filter_map(|(key, value)| Some((key, value?))).collect();
            let name = TEXTS[pick(20) % TEXTS.len()];
            data.insert("name".to_owned(), json!(name));
            let (owner, created) = (pick(21) % 2, self.now - TimeDelta::hours(i64::try_from(pick(22) % 5).unwrap()));
            let comma = if rows.is_empty() { "" } else { ", " };
            let text = Value::Object(data.clone()).to_string().replace('\'', "''");
            let name = name.replace('\'', "''");
            write!(
                rows,
                "{comma}({}, {}, '{name}', '{text}', '{}', '{}')",
                self.pipeline,
                self.people[owner],
                created.to_rfc3339(),
                created.to_rfc3339()
            )
            .unwrap();
            self.records.push(Kept { id: 0, owner, created, data });
        }
        let insert = format!(
            "WITH made AS (INSERT INTO {}.records (pipeline_id, owner_id, title, data, created_at, updated_at) VALUES {rows} RETURNING id) \
             SELECT string_agg(id::text, ' ' ORDER BY id) FROM made",
            self.tenant.schema
        );
        let ids = self.sql.text(&insert).await;
        let first = self.records.len() - count;
        for (kept, id) in self.records[first..].iter_mut().zip(ids.split(' ')) {
            kept.id = id.parse().unwrap();
        }
    }

    async fn drop(&mut self, place: usize) {
        let gone = self.records.remove(place % self.records.len());
        self.sql.run(&format!("UPDATE {}.records SET deleted_at = now() WHERE id = {}", self.tenant.schema, gone.id)).await;
    }
}

/// The ids of a page in order, and the cursor of the next one.
async fn page(actor: &mut Actor, query: &Query, after: Option<String>) -> (Vec<i64>, Option<String>) {
    let pairs: Vec<_> = query.pairs().into_iter().chain(after.map(|after| ("after".to_owned(), after))).collect();
    let path = format!("/p/things?{}", serde_urlencoded::to_string(&pairs).unwrap());
    let answer = actor.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    let rows = answer.body.split("<tbody>").nth(1).unwrap_or_default();
    let ids = rows.split("href=\"/p/things/").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap());
    let next = answer.body.split("rel=\"next\"").next().filter(|before| before.len() < answer.body.len());
    let next = next.and_then(|before| before.rsplit("after=").next()).map(|rest| rest.split('"').next().unwrap().to_owned());
    (ids.collect(), next)
}

/// Random filters, sorts and pages give the same records in the same order as a naive evaluation of the same data, for an owner who sees all
/// and a salesperson who sees own records without one field. While records come and go between pages, none that stays is lost or doubled.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_what_a_naive_evaluation_gives() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let mut owner = app.owner(&tenant).await;
    let seller = app.signed_in(&tenant, "salesperson").await;
    owner.call("/api/tenant/pipeline_create", &[("name", "Things"), ("name_one", "Thing")]).await;
    for (_, kind, _) in FieldKind::ALL {
        let label = format!("A {kind}");
        let (choices, scale) = (
            if kind.ends_with("select") { OPTIONS.join("\n") } else { String::new() },
            if ["number", "percent"].contains(&kind) { "2" } else { "" },
        );
        let field = [("pipeline", "things"), ("label", &*label), ("kind", kind), ("choices", &*choices), ("scale", scale)];
        assert_eq!(owner.call("/api/tenant/field_create", &field).await.status, StatusCode::OK, "{kind}");
    }
    let schema = tenant.schema.clone();
    sql.run(&format!(
        "INSERT INTO {schema}.role_pipelines SELECT 'salesperson', id, 'own', 'own', 'none' FROM {schema}.pipelines WHERE key = 'things'; \
         INSERT INTO {schema}.role_fields (role_key, field_id, access) SELECT 'salesperson', id, 'none' FROM {schema}.fields WHERE key = '{HIDDEN}'"
    ))
    .await;
    kernel::settings::forget(&app.services, &tenant.tenant).await;
    let now = app.services.now();
    let list = TEXTS.iter().map(|text| text.to_string()).chain((0..3).map(|n| format!("{n}@x.example")));
    let list = list.chain((0..3).map(|n| format!("+49301234{n}"))).chain(["https://a.example", "https://b.example", ""].map(str::to_owned));
    let list = list.map(|text| format!("('{text}')")).collect::<Vec<_>>().join(", ");
    let ranked = sql.text(&format!("SELECT string_agg(t, '|' ORDER BY t COLLATE \"und-x-icu\") FROM (VALUES {list}) AS texts (t)")).await;
    let naive = Naive { today: now.date_naive(), ranks: ranked.split('|').map(str::to_owned).zip(0..).collect() };
    let id = |query: String| format!("(SELECT id FROM {schema}.{query})");
    let pipeline = sql.text(&format!("SELECT {}::text", id("pipelines WHERE key = 'things'".to_owned()))).await;
    let user = |name: &str| id(format!("users WHERE username = '{name}'"));
    let people = [user("salesperson"), id("users WHERE user_type = 'owner'".to_owned())];
    let mut world = World { tenant, sql, records: Vec::new(), naive, now, pipeline, people, picks: 7 };
    world.add(70).await;
    let mut roles = [Role { actor: owner, owners: vec![0, 1], hides: false }, Role { actor: seller, owners: vec![0], hides: true }];

    let mut runner = TestRunner::new(Config { cases: 160, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
    let world = std::cell::RefCell::new(&mut world);
    let roles = std::cell::RefCell::new(&mut roles);
    let checked = runner.run(&query(), |query| {
        let (mut world, mut roles) = (world.borrow_mut(), roles.borrow_mut());
        block_in_place(|| {
            Handle::current().block_on(async {
                for (number, role) in roles.iter_mut().enumerate() {
                    // Without changes: the same ids in the same order, page by page.
                    let expected: Vec<i64> = world.naive.list(role, &query, &world.records).iter().map(|kept| kept.id).collect();
                    let (mut found, mut after) = page(&mut role.actor, &query, None).await;
                    while let Some(cursor) = after.take() {
                        let (ids, next) = page(&mut role.actor, &query, Some(cursor)).await;
                        found.extend(ids);
                        after = next;
                    }
                    prop_assert_eq!(&found, &expected, "role {}", number);
                    // With changes between pages: what stays is there once, in order.
                    if !query.between.is_multiple_of(4) {
                        continue;
                    }
                    let (mut found, mut after) = page(&mut role.actor, &query, None).await;
                    let mut gone = Vec::new();
                    let mut added = Vec::new();
                    while let Some(cursor) = after.take() {
                        let place = query.between.wrapping_add(found.len());
                        gone.push(world.records[place % world.records.len()].id);
                        world.drop(place).await;
                        world.add(1).await;
                        added.extend(world.records.last().map(|kept| kept.id));
                        let (ids, next) = page(&mut role.actor, &query, Some(cursor)).await;
                        found.extend(ids);
                        after = next;
                    }
                    let stays = |id: &i64| !gone.contains(id) && !added.contains(id);
                    let expected = world.naive.list(role, &query, &world.records);
                    let expected: Vec<i64> = expected.iter().map(|kept| kept.id).filter(stays).collect();
                    let found: Vec<i64> = found.into_iter().filter(stays).collect();
                    prop_assert_eq!(&found, &expected, "role {} while records come and go", number);
                }
                Ok(())
            })
        })
    });
    checked.unwrap();
}
