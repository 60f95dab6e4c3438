//! SQL of changing shape with bound values.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    expression::{AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Numeric, SqlType, Text, Timestamptz},
};
use std::{borrow::Cow, marker::PhantomData};

#[derive(Clone, Debug)]
enum Piece {
    Sql(Cow<'static, str>),
    Text(String),
    Texts(Vec<String>),
    Number(BigDecimal),
    Id(i64),
    Ids(Vec<i64>),
    Moment(DateTime<Utc>),
}

/// An expression of type `ST`. Nothing that a user typed is ever part of its text.
#[derive(Clone, Debug)]
pub(crate) struct Fragment<ST> {
    pieces: Vec<Piece>,
    is_open: bool,
    kind: PhantomData<ST>,
}

/// A value that a fragment binds.
pub(crate) trait Bind {
    fn piece(self) -> Bound;
}

/// See [`Bind`].
pub(crate) struct Bound(Piece);

macro_rules! binds {
    ($($type:ty => $piece:ident),+) => {
        $(impl Bind for $type {
            fn piece(self) -> Bound {
                Bound(Piece::$piece(self))
            }
        })+
    };
}
binds!(String => Text, Vec<String> => Texts, BigDecimal => Number, i64 => Id, Vec<i64> => Ids, DateTime<Utc> => Moment);

impl<ST> Fragment<ST> {
    /// Starts an expression with this SQL.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { pieces: vec![Piece::Sql(sql.into())], is_open: false, kind: PhantomData }
    }

    /// Appends SQL.
    pub fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.pieces.push(Piece::Sql(sql.into()));
        self
    }

    /// Appends a bound value.
    pub fn bind(mut self, value: impl Bind) -> Self {
        self.pieces.push(value.piece().0);
        self
    }

    /// Appends another expression.
    pub fn and<T>(mut self, other: Fragment<T>) -> Self {
        self.pieces.extend(other.pieces);
        self.is_open |= other.is_open;
        self
    }

    /// The same, as part of a statement whose text is up to the tenant. Such a statement is not kept prepared: a connection would keep one of
    /// each text.
    pub fn open(mut self) -> Self {
        self.is_open = true;
        self
    }
}

impl<ST> QueryFragment<Pg> for Fragment<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.is_open {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::Texts(values) => out.push_bind_param::<Array<Text>, _>(values)?,
                Piece::Number(value) => out.push_bind_param::<Numeric, _>(value)?,
                Piece::Id(value) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Ids(values) => out.push_bind_param::<Array<BigInt>, _>(values)?,
                Piece::Moment(value) => out.push_bind_param::<Timestamptz, _>(value)?,
            }
        }
        Ok(())
    }
}

impl<ST> QueryId for Fragment<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST: SqlType + TypedExpressionType> Expression for Fragment<ST> {
    type SqlType = ST;
}

impl<QS, ST> SelectableExpression<QS> for Fragment<ST> where Self: Expression {}
impl<QS, ST> AppearsOnTable<QS> for Fragment<ST> where Self: Expression {}

impl<ST, GB> ValidGrouping<GB> for Fragment<ST> {
    type IsAggregate = is_aggregate::Never;
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::Bool;

    #[test]
    fn statements_whose_text_is_up_to_the_tenant_are_not_kept_prepared() {
        let is_kept = |fragment: &Fragment<Bool>| fragment.is_safe_to_cache_prepared(&Pg).unwrap();
        let closed = || Fragment::<Bool>::new("owner_id = ").bind(7_i64);
        assert!(is_kept(&closed()) && is_kept(&closed().sql(" AND ").and(closed())));
        assert!(!is_kept(&closed().open()) && !is_kept(&closed().sql(" AND ").and(closed().open())));
    }
}
