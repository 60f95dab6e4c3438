//! Pieces of SQL that diesel cannot write, of which statements are made that stay prepared. diesel's own `sql` and `sql_query`
//! are prepared and closed again each time they run, two round trips more.

use diesel::{
    QueryResult,
    expression::{AppearsOnTable, AsExpression, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, SingleValue, SqlType, Text},
};
use std::{borrow::Cow, marker::PhantomData};

/// SQL as an expression of type `ST`. What differs between two calls must be bound, not written: each text is a statement of
/// its own, kept as long as its connection.
pub(crate) fn sql<ST>(text: impl Into<Cow<'static, str>>) -> Sql<ST, ()> {
    Sql { before: (), text: text.into(), kind: PhantomData }
}

/// See [`sql`].
#[derive(Clone, Debug)]
pub(crate) struct Sql<ST, T> {
    before: T,
    text: Cow<'static, str>,
    kind: PhantomData<ST>,
}

/// SQL that ends with a bound value.
#[derive(Clone, Debug)]
pub(crate) struct Bound<ST, T, V> {
    before: T,
    value: V,
    kind: PhantomData<ST>,
}

impl<ST, T> Sql<ST, T> {
    /// Goes on with a value.
    pub fn bind<U, V>(self, value: V) -> Bound<ST, Self, V::Expression>
    where
        U: SqlType + SingleValue + TypedExpressionType,
        V: AsExpression<U>,
    {
        Bound { before: self, value: value.as_expression(), kind: PhantomData }
    }
}

impl<ST, T, V> Bound<ST, T, V> {
    /// Goes on with more SQL.
    pub fn sql(self, text: impl Into<Cow<'static, str>>) -> Sql<ST, Self> {
        Sql { before: self, text: text.into(), kind: PhantomData }
    }
}

impl<ST, T: QueryFragment<Pg>> QueryFragment<Pg> for Sql<ST, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        out.push_sql(&self.text);
        Ok(())
    }
}

impl<ST, T: QueryFragment<Pg>, V: QueryFragment<Pg>> QueryFragment<Pg> for Bound<ST, T, V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        self.value.walk_ast(out.reborrow())
    }
}

macro_rules! expression {
    ($kind:ident<$($part:ident),+>) => {
        // The statement is known by its text, not by its type.
        impl<ST, $($part),+> QueryId for $kind<ST, $($part),+> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl<ST: SqlType + TypedExpressionType, $($part),+> Expression for $kind<ST, $($part),+> {
            type SqlType = ST;
        }

        impl<QS, ST, $($part),+> SelectableExpression<QS> for $kind<ST, $($part),+> where Self: Expression {}
        impl<QS, ST, $($part),+> AppearsOnTable<QS> for $kind<ST, $($part),+> where Self: Expression {}

        impl<ST, $($part),+, GB> ValidGrouping<GB> for $kind<ST, $($part),+> {
            type IsAggregate = is_aggregate::Never;
        }
    };
}
expression!(Sql<T>);
expression!(Bound<T, V>);

/// A condition with one bound text.
pub(crate) type Matches = Bound<Bool, Sql<Bool, ()>, <String as AsExpression<Text>>::Expression>;

/// The condition that begins a page after a cursor, see `keyset::Window::condition`.
pub(crate) type After = Sql<Bool, Bound<Bool, Sql<Bool, Matches>, <i64 as AsExpression<BigInt>>::Expression>>;

/// Makes that condition of its parts.
pub(crate) fn after((left, middle, cursor): (String, String, &crate::keyset::Cursor)) -> After {
    sql::<Bool>(left).bind::<Text, _>(cursor.value.clone()).sql(middle).bind::<BigInt, _>(cursor.id).sql(")")
}
