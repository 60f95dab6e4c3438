//! Sessions.

use crate::Permission;
use crate::operation::definition::{Kind, Operation, OperationSite, Rule, destructive, holds, operations, optional, read, required, write};

operations! { OperationSite::Tenant;
    /// Asks for another invitation with one that has expired.
    INVITE_ASK = write("invite_ask", "session").rule(Rule::Anyone).input(&[required("token", Kind::Secret)]);
    /// Ends one session of a user; `from_user` leads back to the page of that person.
    SESSION_END = destructive("session_end", "session")
        .rule(holds(&[Permission::SessionsManage]))
        .input(&[required("user", Kind::Id), required("id", Kind::Id)]);
    /// Ends every session that matches a filter; `expected` is how many the page showed.
    SESSION_END_MATCHING = destructive("session_end_matching", "session")
        .rule(holds(&[Permission::SessionsManage]))
        .input(&[
            optional("q", Kind::Text),
            optional("role", Kind::Text),
            optional("ip", Kind::Text),
            required("expected", Kind::Integer),
        ]);
    /// The open sessions of the company, as asked for by the query of an address.
    SESSION_LIST = read("session_list", "session")
        .rule(holds(&[Permission::SessionsManage]))
        .input(&[optional("query", Kind::Query)])
        .output("SessionListPage")
        .paged();
    /// Takes the way into a company that was just made.
    ENTER = write("enter", "session").rule(Rule::Anyone).input(&[required("token", Kind::Secret)]);
    /// The company's name, for the page of the way in.
    ENTRANCE = read("entrance", "session").rule(Rule::Anyone).input(&[required("token", Kind::Secret)]).output("EntrancePage");
}
