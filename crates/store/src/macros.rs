//! `rows!`, `log_rows!`, `index!`, `text_enum!`: declarations that become typed rows on both engines.

/// Declares row types: a struct and how it maps to a table. The merchant is added by the store: the table's primary
/// key is the key columns and `merchant`. Key and fixed columns are written once; `fields` may change.
/// Column names are the field names (quoted, so `order` is fine). `by hash` after the table says that its keys come in no order and are many; such a
/// table has no `fields`, and its migration marks it with `{by_hash}`.
#[macro_export]
macro_rules! rows {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident in $table:ident $(by $hash:ident)? {
        key { $($(#[$km:meta])* $k:ident : $kt:ty),+ $(,)? }
        $(fixed { $($(#[$xm:meta])* $x:ident : $xt:ty),* $(,)? })?
        $(fields { $($(#[$fm:meta])* $f:ident : $ft:ty),* $(,)? })?
    })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[$km])* #[allow(missing_docs)] pub $k: $kt,)+
            $($($(#[$xm])* #[allow(missing_docs)] pub $x: $xt,)*)?
            $($($(#[$fm])* #[allow(missing_docs)] pub $f: $ft,)*)?
        }

        impl $crate::Row for $name {
            type Key = $crate::__key!(@type $($kt),+);
            const TABLE: &'static $crate::Table = &$crate::Table {
                name: stringify!($table),
                key: &[$($crate::Column::of::<$kt>(stringify!($k))),+],
                fixed: &[$($($crate::Column::of::<$xt>(stringify!($x))),*)?],
                fields: &[$($($crate::Column::of::<$ft>(stringify!($f))),*)?],
                hashed: $crate::__hashed!($($hash)?),
            };
            fn key(&self) -> Self::Key {
                $crate::__key!(@value self $($k),+)
            }
            #[allow(unused_variables)]
            fn write_fixed(&self, sink: &mut dyn $crate::Sink) {
                $($($crate::Field::write(&self.$x, sink);)*)?
            }
            #[allow(unused_variables)]
            fn write_fields(&self, sink: &mut dyn $crate::Sink) {
                $($($crate::Field::write(&self.$f, sink);)*)?
            }
            fn read(source: &mut dyn $crate::Source) -> Result<Self, $crate::SqlError> {
                Ok(Self {
                    $($k: $crate::Field::read(source)?,)+
                    $($($x: $crate::Field::read(source)?,)*)?
                    $($($f: $crate::Field::read(source)?,)*)?
                })
            }
            #[allow(unused_variables)]
            fn same_fixed(&self, other: &Self) -> bool {
                true $($(&& self.$x == other.$x)*)?
            }
        }
    )+};
}

/// Declares row types that are only ever inserted (ledger entries, logs): as [`rows!`], written with
/// [`View::log`](crate::View::log).
#[macro_export]
macro_rules! log_rows {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident in $table:ident { $($body:tt)* })+) => {$(
        $crate::rows! { $(#[$meta])* $vis struct $name in $table { $($body)* } }
        impl $crate::Log for $name {}
    )+};
}

/// Declares a bounded list inside decisions: the rows of a table whose columns have given values.
/// The table needs an SQL index on these columns and `merchant`.
#[macro_export]
macro_rules! index {
    ($($(#[$meta:meta])* $vis:vis $name:ident of $($row:ident)::+ by { $($c:ident : $ct:ty),+ $(,)? } limit $limit:literal)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        impl $crate::Index for $name {
            type Row = $($row)::+;
            type On = $crate::__key!(@type $($ct),+);
            const SPEC: &'static $crate::IndexSpec = &$crate::IndexSpec {
                name: stringify!($name),
                table: <$($row)::+ as $crate::Row>::TABLE,
                on: &[$($crate::Column::of::<$ct>(stringify!($c))),+],
                limit: $limit,
            };
            fn on(row: &Self::Row) -> Self::On {
                $crate::__key!(@value row $($c),+)
            }
        }
    )+};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __hashed {
    () => {
        false
    };
    (hash) => {
        true
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __key {
    (@type $a:ty) => { $a };
    (@type $($a:ty),+) => { ($($a),+) };
    (@value $s:ident $a:ident) => { ::std::clone::Clone::clone(&$s.$a) };
    (@value $s:ident $($a:ident),+) => { ($(::std::clone::Clone::clone(&$s.$a)),+) };
}

/// Declares an enum that is a text column. A value this release does not know is kept as it is, in `Other`.
#[macro_export]
macro_rules! text_enum {
    ($($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$vm:meta])* $variant:ident = $text:literal),+ $(,)?
    })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $($(#[$vm])* #[allow(missing_docs)] $variant,)+
            /// A value that this release does not know, kept as it is.
            Other(Box<str>),
        }

        #[allow(dead_code)]
        impl $name {
            /// The text of the column, the API and the events.
            $vis fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
            /// From its text; what is not known becomes `Other`.
            $vis fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.into()),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::cmp::PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<::std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl ::std::cmp::Ord for $name {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::string::String as $crate::__private::serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::parse(&text))
            }
        }

        impl $crate::Field for $name {
            const KIND: $crate::Kind = $crate::Kind::Text;
            fn write(&self, sink: &mut dyn $crate::Sink) {
                sink.text(Some(self.as_str()));
            }
            fn read_opt(source: &mut dyn $crate::Source) -> Result<Option<Self>, $crate::SqlError> {
                Ok(source.text()?.map(|text| Self::parse(&text)))
            }
        }
    )+};
}
