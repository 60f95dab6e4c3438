//! SQL of changing shape with bound values. A statement with it is not kept prepared, since its text differs from one to the next.

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
        Self { pieces: vec![Piece::Sql(sql.into())], kind: PhantomData }
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
        self
    }
}

impl<ST> QueryFragment<Pg> for Fragment<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
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
