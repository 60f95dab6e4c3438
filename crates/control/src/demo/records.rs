//! Contacts, organizations, deals and activities to look at: the same each time, however often they are made.

use super::names::{FIRST, LAST};
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use db::{
    TenantConn,
    tenant::records::{RecordNew, link_insert_many, pipeline_get, record_insert_many, record_keys_insert},
};
use domain::{
    RecordId, UserId,
    record::{Lens, Sight, StageKind},
    text::nfkd,
};
use kernel::{Error, Result};
use records::{derive, keys_of};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const ORGANIZATIONS: u64 = 4_000;
const CONTACTS: u64 = 20_000;
const DEALS: u64 = 3_000;
const ACTIVITIES: u64 = 30_000;
/// Records that one statement makes.
const BATCH: usize = 2_000;

const PLACES: [&str; 50] = [
    "North", "Harbour", "Silver", "Alder", "Cedar", "Granite", "Meadow", "River", "Summit", "Valley", "Copper", "Amber", "Falcon",
    "Lantern", "Maple", "Orchard", "Pioneer", "Quarry", "Ridge", "Stone", "Timber", "Union", "Violet", "Willow", "Beacon", "Bridge",
    "Canyon", "Delta", "Ember", "Forge", "Glacier", "Hazel", "Iron", "Juniper", "Kestrel", "Linden", "Mill", "Nova", "Oak", "Prairie",
    "Rowan", "Saffron", "Tidal", "Umber", "Vista", "Walnut", "Aspen", "Birch", "Coral", "Dune",
];
const TRADES: [(&str, &str); 16] = [
    ("Software", "technology"),
    ("Systems", "technology"),
    ("Data", "technology"),
    ("Works", "manufacturing"),
    ("Tools", "manufacturing"),
    ("Foods", "retail"),
    ("Stores", "retail"),
    ("Textiles", "retail"),
    ("Capital", "finance"),
    ("Insurance", "finance"),
    ("Clinics", "healthcare"),
    ("Pharma", "healthcare"),
    ("Freight", "logistics"),
    ("Shipping", "logistics"),
    ("Academy", "education"),
    ("Partners", "other"),
];
const FORMS: [&str; 5] = ["Ltd", "GmbH", "AB", "Inc.", "SA"];
const CITIES: [&str; 20] = [
    "Berlin",
    "Lisbon",
    "London",
    "New York",
    "Stockholm",
    "Paris",
    "Madrid",
    "Warsaw",
    "Vienna",
    "Zürich",
    "Amsterdam",
    "Dublin",
    "Oslo",
    "Helsinki",
    "Milan",
    "Prague",
    "Toronto",
    "Boston",
    "Hamburg",
    "Porto",
];
const JOBS: [&str; 12] = [
    "Head of Purchasing",
    "CEO",
    "CFO",
    "IT Manager",
    "Operations Manager",
    "Sales Director",
    "Office Manager",
    "Buyer",
    "Marketing Lead",
    "Plant Manager",
    "HR Manager",
    "Procurement Specialist",
];
const SOURCES: [&str; 5] = ["website", "referral", "event", "outreach", "other"];
const PRODUCTS: [&str; 10] = [
    "annual licence",
    "renewal",
    "pilot",
    "expansion",
    "support plan",
    "onboarding",
    "migration",
    "training",
    "second site",
    "framework agreement",
];
const STEPS: [&str; 6] =
    ["Send the proposal", "Book a demo", "Agree on the price", "Get the contract signed", "Meet the buyer", "Answer questions"];
const REASONS: [&str; 5] = ["price", "competitor", "timing", "no_budget", "no_answer"];
/// Numbers that Ofcom keeps for drama: an area, and what begins its last digits.
const PHONES: [&str; 10] = [
    "+442079460",
    "+441134960",
    "+441144960",
    "+441154960",
    "+441164960",
    "+441174960",
    "+441184960",
    "+441214960",
    "+441314960",
    "+441614960",
];

/// A number that looks random and is the same each time: SplitMix64 of the seed, the kind and the index.
fn mixed(kind: u64, index: u64) -> u64 {
    let mut z = (0x0e0 ^ (kind << 56)).wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One of these, by such a number.
fn of<T: Copy>(list: &[T], number: u64) -> Option<T> {
    let length = u64::try_from(list.len()).unwrap_or(1).max(1);
    list.get(usize::try_from(number % length).unwrap_or(0)).copied()
}

/// Keeps the ASCII letters and digits of a text, in lower case, for use in a host name.
fn ascii(text: &str) -> String {
    nfkd(text).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn organization(index: u64) -> (String, &'static str, String) {
    let place = of(&PLACES, index).unwrap_or("North");
    let (trade, industry) = of(&TRADES, index / 50).unwrap_or(("Works", "other"));
    let form = of(&FORMS, index / 800).unwrap_or("Ltd");
    let name = format!("{place} {trade} {form}");
    let host = format!("{}-{}-{}.example", ascii(place), ascii(trade), ascii(form));
    (name, industry, host)
}

fn person(index: u64) -> (&'static str, &'static str) {
    let number = mixed(1, index);
    (of(&FIRST, number).unwrap_or("Mara"), of(&LAST, number >> 20).unwrap_or("Lindqvist"))
}

/// A record with the values under the keys of its fields: whose it is, in which stage, and how long ago it was made.
struct Made {
    data: Map<String, Value>,
    stage: Option<String>,
    owner: u64,
    days: u64,
    /// The keys of its relations, each with the pipeline and the index of a record that was made before.
    links: Vec<(&'static str, &'static str, u64)>,
}

fn made(kind: u64, index: u64, data: Value) -> Made {
    let number = mixed(kind, index);
    let data = data.as_object().cloned().unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()).collect();
    Made { data, stage: None, owner: number >> 8, days: number % 730, links: Vec::new() }
}

fn organization_made(index: u64) -> Made {
    let (name, industry, host) = organization(index);
    let number = mixed(2, index);
    made(
        2,
        index,
        json!({
            "name": name, "website": [format!("https://{host}")], "industry": industry, "employees": (5 + number % 900).to_string(),
            "city": of(&CITIES, number >> 10), "phone": [phone(index * 7)],
        }),
    )
}

fn phone(index: u64) -> String {
    format!("{}{:03}", of(&PHONES, index).unwrap_or("+442079460"), (index / 10) % 1000)
}

fn contact_made(index: u64) -> Made {
    let (first, last) = person(index);
    let number = mixed(3, index);
    let (_, _, host) = organization(number % ORGANIZATIONS);
    let has = |shift: u32, of_ten: u64| (number >> shift) % 10 < of_ten;
    let made = made(
        3,
        index,
        json!({
            "first_name": first, "last_name": last,
            "email": has(12, 9).then(|| vec![format!("{}.{}{}@{host}", ascii(first), ascii(last), if index >= 1_184 { index.to_string() } else { String::new() })]),
            "phone": has(16, 7).then(|| vec![phone(index)]),
            "job_title": of(&JOBS, number >> 24), "city": of(&CITIES, number >> 28), "source": of(&SOURCES, number >> 32),
            "notes": has(36, 2).then(|| format!("Met at the trade fair in {}. Wants to hear from us before summer.", of(&CITIES, number >> 40).unwrap_or("Berlin"))),
        }),
    );
    let organization = employer(index);
    Made { links: vec![("organization", "organizations", organization)], owner: keeper(organization), ..made }
}

/// Whose an organization is, with all that has to do with it.
fn keeper(organization: u64) -> u64 {
    mixed(2, organization) >> 8
}

/// The organization that a contact works for.
fn employer(contact: u64) -> u64 {
    mixed(3, contact) % ORGANIZATIONS
}

fn deal_made(index: u64, today: chrono::NaiveDate) -> Made {
    let number = mixed(4, index);
    let contact = number % CONTACTS;
    let (company, ..) = organization(employer(contact));
    let stage = match number >> 12 & 0xff {
        0..50 => "lead",
        50..90 => "qualified",
        90..125 => "proposal",
        125..145 => "negotiation",
        145..215 => "won",
        _ => "lost",
    };
    let is_open = !matches!(stage, "won" | "lost");
    // What is open closes soon, what is closed did within two years.
    let day = if is_open {
        today.checked_add_days(Days::new(number >> 20 & 0x7f))
    } else {
        today.checked_sub_days(Days::new(number >> 20 & 0x1ff))
    };
    let day = if is_open && number.is_multiple_of(11) { today.checked_sub_days(Days::new(number >> 30 & 0x1f)) } else { day };
    let amount = (1 + (number >> 28) % 240) * if number.is_multiple_of(7) { 2_500 } else { 250 };
    let product = of(&PRODUCTS, number >> 36).unwrap_or("renewal");
    let data = json!({
        "name": format!("{company}: {product}"), "amount": { "a": format!("{amount}.00"), "c": "EUR", "r": "1" }, "close_date": day,
        "next_step": is_open.then(|| of(&STEPS, number >> 44)).flatten(),
        "lost_reason": (stage == "lost").then(|| of(&REASONS, number >> 50)).flatten(),
    });
    let links = vec![("organization", "organizations", employer(contact)), ("contact", "contacts", contact)];
    Made { stage: Some(stage.to_owned()), links, owner: keeper(employer(contact)), ..made(4, index, data) }
}

fn activity_made(index: u64, today: chrono::NaiveDate) -> Made {
    let number = mixed(5, index);
    // One in three is about a deal, and so about its contact.
    let deal = number.is_multiple_of(3).then_some((number >> 40) % DEALS);
    let contact = deal.map_or(number, |deal| mixed(4, deal)) % CONTACTS;
    let (first, last) = person(contact);
    let (kind, verb) = of(&[("call", "Call"), ("meeting", "Meet"), ("email", "Write to"), ("task", "Prepare the offer for")], number >> 12)
        .unwrap_or(("task", "Call"));
    let ahead = number % 400 < 24;
    let day = if ahead {
        today.checked_add_days(Days::new(number >> 20 & 0x1f))
    } else {
        today.checked_sub_days(Days::new(number >> 20 & 0x1ff))
    };
    // Of what was to be done, a little of the last weeks is still open.
    let is_late = number.is_multiple_of(5) && number >> 20 & 0x1ff < 18;
    let is_done = !ahead && !is_late;
    let links = [("contact", "contacts", contact), ("organization", "organizations", employer(contact))].into_iter();
    let links = links.chain(deal.map(|deal| ("deal", "deals", deal))).collect();
    let data = json!({ "subject": format!("{verb} {first} {last}"), "kind": kind, "due_date": day, "done": is_done.then_some(true) });
    Made { links, owner: keeper(employer(contact)), ..made(5, index, data) }
}

/// Fills the pipelines of the CRM template; records belong to these users.
pub(super) async fn records_fill(conn: &mut TenantConn, users: &[UserId], now: DateTime<Utc>) -> Result<()> {
    let today = now.date_naive();
    type Make = Box<dyn Fn(u64) -> Made + Send + Sync>;
    let kinds: [(&str, u64, Make); 4] = [
        ("organizations", ORGANIZATIONS, Box::new(organization_made)),
        ("contacts", CONTACTS, Box::new(contact_made)),
        ("deals", DEALS, Box::new(move |index| deal_made(index, today))),
        ("activities", ACTIVITIES, Box::new(move |index| activity_made(index, today))),
    ];
    let mut known: HashMap<&str, Vec<RecordId>> = HashMap::new();
    for (key, count, make) in kinds {
        let pipeline = pipeline_get(conn, key).await?.ok_or_else(|| Error::Fault(format!("no pipeline {key}")))?;
        let lens = Lens::of(pipeline, UserId(0), Sight::all()).ok_or_else(|| Error::Fault("no lens".to_owned()))?;
        let (mut batch, mut made, mut links) = (Vec::with_capacity(BATCH), Vec::new(), HashMap::new());
        for index in 0..count {
            let one = make(index);
            for (field, pipeline, other) in &one.links {
                let other = known.get(pipeline).and_then(|ids| ids.get(usize::try_from(*other).ok()?));
                links.entry(*field).or_insert_with(Vec::new).extend(other.map(|other| (index, *other)));
            }
            batch.push(new(&lens, one, users, now));
            if batch.len() == BATCH || index + 1 == count {
                let ids = record_insert_many(conn, &lens, None, &batch).await?;
                let keys = ids.iter().zip(&batch).flat_map(|(id, new)| {
                    let data = new.data.as_object().cloned().unwrap_or_default();
                    keys_of(&lens, &data).into_iter().map(|key| (*id, key))
                });
                record_keys_insert(conn, &keys.collect::<Vec<_>>()).await?;
                made.extend(ids);
                batch.clear();
            }
        }
        for (field, links) in links {
            let end = lens.pipeline().fields.iter().find(|known| known.key == field).and_then(|field| field.relation.as_ref());
            let end = end.ok_or_else(|| Error::Fault(format!("no relation {field}")))?;
            let pairs = links.into_iter().filter_map(|(index, other)| Some((*made.get(usize::try_from(index).ok()?)?, other)));
            for pairs in pairs.collect::<Vec<_>>().chunks(BATCH) {
                link_insert_many(conn, end, pairs).await?;
            }
        }
        known.insert(key, made);
    }
    Ok(())
}

fn new(lens: &Lens, made: Made, users: &[UserId], now: DateTime<Utc>) -> RecordNew {
    let stage = made.stage.as_deref().and_then(|key| lens.stage(key));
    let closed = stage.is_some_and(|stage| stage.kind != StageKind::Open);
    let derived = derive(lens, &made.data);
    // Nothing was made after the day it ended on.
    let made_at = now - TimeDelta::days(i64::try_from(made.days).unwrap_or(0));
    let at = match derived.due.filter(|_| closed) {
        Some(due) => made_at.min(due.date_naive().and_time(NaiveTime::MIN).and_utc()),
        None => made_at,
    };
    RecordNew { owner: of(users, made.owner), stage: stage.map(|stage| stage.id), data: Value::Object(made.data), derived, at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_is_made_is_the_same_each_time_and_reads_as_typed() {
        let today = "2026-11-30".parse().unwrap();
        assert_eq!(deal_made(7, today).data, deal_made(7, today).data);
        let names: HashSet<String> = (0..ORGANIZATIONS).map(|index| organization(index).0).collect();
        assert_eq!(names.len(), usize::try_from(ORGANIZATIONS).unwrap(), "every organization name is unique");
        let mails: Vec<Value> = (0..CONTACTS).filter_map(|index| contact_made(index).data.get("email").cloned()).collect();
        assert_eq!(mails.iter().map(ToString::to_string).collect::<HashSet<_>>().len(), mails.len(), "every contact has a unique address");
        let phones: Vec<String> = (0..40).map(phone).collect();
        assert!(phones.iter().all(|phone| phone.len() == 13 && phone.starts_with("+44")), "{phones:?}");
    }
}
