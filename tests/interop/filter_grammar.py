"""Random filters over a table of every type, made to be true of some rows. Everything follows from the seed."""
import datetime
import decimal
import random

import pyarrow as pa

ROWS = 400
WORDS = ["a", "B", "ab", "a%b", "a_b", "", "it's", "Zoë", "zoë", "10", "2", "x\\y", "ABBA", "abba", "ü"]
INTEGERS = {"i8": pa.int8(), "u8": pa.uint8(), "i16": pa.int16(), "u16": pa.uint16(), "i32": pa.int32(), "u32": pa.uint32(),
            "i64": pa.int64(), "u64": pa.uint64()}
FLOATS = {"f16": pa.float16(), "f32": pa.float32(), "f64": pa.float64()}
TEXTS = {"s": pa.string(), "ls": pa.large_string(), "st.y": pa.string()}
COMPARISONS = ["=", "!=", "<>", "<", "<=", ">", ">="]
EPOCH = datetime.datetime(1970, 1, 1)


def limits(name):
    bits, signed = int(name[1:]), name[0] == "i"
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def table(seed):
    """Rows of small domains, a seventh of the values null. No -0.0: it is 0 to us in every comparison."""
    rng = random.Random(seed)

    def column(kind, value):
        return pa.array([None if rng.random() < 1 / 7 else value() for _ in range(ROWS)], kind)

    def integer(name):
        low, high = limits(name)
        edges = [low, high, high - 1]
        return lambda: rng.choice(edges) if rng.random() < 0.1 else rng.randint(max(low, -3), 9)

    def moment():
        return EPOCH + datetime.timedelta(days=rng.randint(-3, 3), seconds=rng.choice([0, 0, 43200, 86399]))

    columns = {name: column(kind, integer(name)) for name, kind in INTEGERS.items()}
    for name, kind in FLOATS.items():
        columns[name] = column(kind, lambda: rng.choice([0.0, 1.0, -1.5, 2.5, 0.5, 3.0, float("nan"), float("inf"), 7.0]))
    for name in ("s", "ls"):
        columns[name] = column(TEXTS[name], lambda: rng.choice(WORDS))
    columns["b"] = column(pa.bool_(), lambda: rng.random() < 0.5)
    columns["d"] = column(pa.date32(), lambda: moment().date())
    columns["ts"] = column(pa.timestamp("us"), moment)
    columns["tz"] = column(pa.timestamp("ms", "UTC"), moment)
    columns["dec"] = column(pa.decimal128(10, 2), lambda: decimal.Decimal(rng.randint(-300, 500)) / 100)
    columns["bin"] = column(pa.binary(), lambda: rng.choice([b"a", b"", b"\xff", b"ab"]))
    struct = pa.struct([("x", pa.int32()), ("y", pa.string())])
    columns["st"] = column(struct, lambda: {"x": rng.choice([None, 1, 2, 3]), "y": rng.choice([None, *WORDS])})
    columns["li"] = column(pa.list_(pa.int32()), lambda: [rng.randint(0, 3)] * rng.randint(0, 2))
    return pa.table(columns)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class Grammar:
    """Filters that pylance takes, nearly all of them."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def pick(self, *choices):
        return self.rng.choice(choices)

    # Values by column.
    def literal(self, column):
        rng = self.rng
        if column in INTEGERS:
            low, high = limits(column)
            return str(rng.choice([rng.randint(max(low, -3), 9)] * 8 + [max(low, 1 - (1 << 63)), high]))
        if column == "st.x":
            return str(rng.randint(0, 4))
        if column in FLOATS:
            return rng.choice(["0.0", "1", "-1.5", "2.5", "0.5", "3", "7.0", "1e2"])
        if column in TEXTS:
            return quoted(rng.choice(WORDS))
        if column == "b":
            return rng.choice(["true", "false"])
        day = (EPOCH + datetime.timedelta(days=rng.randint(-3, 3))).date()
        if column == "d":
            return f"date '{day}'"
        if column in ("ts", "tz"):
            return f"timestamp '{day} {rng.choice(['00:00:00', '12:00:00', '23:59:59'])}'"
        if column == "dec":
            return str(rng.randint(-3, 5))
        return rng.choice(["x'61'", "x''", "x'ff'", "x'6162'"])

    def column(self):
        return self.rng.choice([*INTEGERS, *FLOATS, *TEXTS, "b", "d", "ts", "tz", "dec", "bin", "st.x"])

    def text(self, depth=1):
        name = self.rng.choice(list(TEXTS))
        if depth == 0:
            return name
        inner = self.text(depth - 1)
        return self.pick(name, f"lower({inner})", f"upper({inner})", f"concat({inner}, {quoted(self.pick(*WORDS))})",
                         f"{inner} || 'b'", f"btrim({inner}, 'a')", f"ltrim({inner}, 'a')", f"left({inner}, 1)",
                         f"right({inner}, {self.pick(1, -1, 5)})", f"replace({inner}, 'b', 'xx')", f"coalesce({inner}, 'a')")

    def number(self, depth=2):
        """An integer expression; divided by what is not 0 alone."""
        name = self.rng.choice([*INTEGERS, "st.x", str(self.rng.randint(0, 9))])
        if depth == 0:
            return name
        op = self.pick("+", "-", "*", "/", "%")
        right = str(self.rng.randint(1, 7)) if op in "/%" else self.number(depth - 1)
        return f"({self.number(depth - 1)} {op} {right})"

    # Conditions.
    def condition(self, depth=3):
        if depth > 0 and self.rng.random() < 0.55:
            return self.connected(depth - 1)
        return self.rng.choice([self.comparison, self.comparison, self.columns, self.listed, self.between, self.like,
                                self.null, self.boolean, self.function, self.arithmetic, self.cast])()

    def connected(self, depth):
        arms = [self.condition(depth) for _ in range(self.rng.randint(2, 3))]
        kind = self.rng.random()
        if kind < 0.25:
            return f"NOT ({arms[0]})"
        if kind < 0.35:
            return f"({arms[0]}) IS {self.pick('', 'NOT ')}{self.pick('TRUE', 'FALSE', 'NULL')}"
        return "(" + self.pick(" AND ", " OR ").join(arms) + ")"

    def comparison(self):
        column = self.column()
        sides = [column, self.literal(column)]
        if self.rng.random() < 0.2:
            sides.reverse()
        return f" {self.rng.choice(COMPARISONS)} ".join(sides)

    def columns(self):
        kind = self.rng.choice([[*INTEGERS, "st.x"], [*FLOATS], [*INTEGERS, "f64", "f32"], ["s", "st.y"], ["ts", "tz"],
                                ["dec", "i8", "i32", "u8"], ["b"], ["d"]])
        return f"{self.rng.choice(kind)} {self.rng.choice(COMPARISONS)} {self.rng.choice(kind)}"

    def listed(self):
        column = self.column()
        values = [self.literal(column) for _ in range(self.rng.randint(1, 6))]
        if self.rng.random() < 0.15:
            values.append("NULL")
        return f"{column} {self.pick('', 'NOT ')}IN ({', '.join(values)})"

    def between(self):
        column = self.column()
        return f"{column} {self.pick('', 'NOT ')}BETWEEN {self.literal(column)} AND {self.literal(column)}"

    def like(self):
        pattern = "".join(self.pick("%", "_", "a", "b", "B", "ü", "\\%", "\\_", "o") for _ in range(self.rng.randint(0, 4)))
        return f"{self.text(0)} {self.pick('', 'NOT ')}{self.pick('LIKE', 'ILIKE')} '{pattern}'"

    def null(self):
        return f"{self.rng.choice([self.column(), 'st', 'li'])} IS {self.pick('', 'NOT ')}NULL"

    def boolean(self):
        return self.pick("b", "NOT b", "b IS TRUE", "b IS NOT TRUE", "b IS FALSE", "b IS NOT FALSE", "(b IS DISTINCT FROM true)",
                         "true", "b = (i8 > 2)")

    def function(self):
        text, word = self.text(), quoted(self.pick(*WORDS))
        return self.pick(f"starts_with({text}, {word})", f"ends_with({text}, {word})", f"contains({text}, {word})",
                         f"length({text}) {self.rng.choice(COMPARISONS)} {self.rng.randint(0, 4)}",
                         f"octet_length({text}) = {self.rng.randint(0, 4)}", f"strpos({text}, 'b') > 1",
                         f"{text} {self.rng.choice(COMPARISONS)} {word}", f"{text} IN ('a', 'ab', 'b')",
                         f"coalesce(i8, 5) {self.rng.choice(COMPARISONS)} 5", f"abs(i16) {self.rng.choice(COMPARISONS)} 2")

    def arithmetic(self):
        return self.pick(f"{self.number()} {self.rng.choice(COMPARISONS)} {self.rng.randint(-5, 20)}",
                         f"-i32 {self.rng.choice(COMPARISONS)} {self.rng.randint(-5, 5)}",
                         f"f64 {self.pick('+', '-')} i32 {self.rng.choice(COMPARISONS)} {self.rng.randint(-5, 20)}",
                         f"f32 * 2 {self.rng.choice(COMPARISONS)} f32",
                         f"dec + {self.rng.randint(-2, 2)} {self.rng.choice(COMPARISONS)} 1",
                         f"dec * 2 {self.rng.choice(COMPARISONS)} {self.rng.randint(-5, 5)}")

    def cast(self):
        return self.pick(f"CAST(i8 AS string) {self.rng.choice(COMPARISONS)} '2'", "CAST(i8 AS boolean)",
                         f"CAST(ts AS date) {self.rng.choice(COMPARISONS)} d", "CAST(b AS int) = 1", "TRY_CAST(s AS int) = 10",
                         f"CAST(i32 AS double) {self.rng.choice(COMPARISONS)} 1.5", "CAST(d AS string) LIKE '1970%'",
                         "CAST(dec AS string) LIKE '%0'", "CAST(ts AS string) LIKE '%T12:00:00'")

    # Chains, which are run in ways of their own.
    def chain(self):
        column = self.rng.choice(["s", "i32", "f64", "d", "dec", "st.y", "u8", "tz", "bin", "f16"])
        arms = [f"{column} = {self.literal(column)}" for _ in range(self.rng.randint(4, 12))]
        if self.rng.random() < 0.3:
            arms.append(self.comparison())
        return self.wrapped(" OR ".join(arms))

    def denials(self):
        column = self.rng.choice(["s", "i32", "f64", "d", "dec"])
        return self.wrapped(" AND ".join(f"{column} != {self.literal(column)}" for _ in range(self.rng.randint(4, 12))))

    def arms(self):
        """OR of arms that share an equality, what they ask besides being one thing, few or many."""
        column = self.rng.choice(["s", "i32", "d", "dec", "f32"])
        rests = [self.rng.choice([self.comparison, self.condition])() for _ in range(self.pick(1, 3, 20))]
        arms = []
        for _ in range(self.rng.randint(10, 30)):
            arm = [f"{column} = {self.literal(column)}", f"({self.rng.choice(rests)})"]
            self.rng.shuffle(arm)
            arms.append("(" + " AND ".join(arm) + ")")
        return self.wrapped(" OR ".join(arms))

    def wrapped(self, condition):
        return self.pick(condition, condition, f"NOT ({condition})", f"({condition}) IS NULL", f"({condition}) AND b")

    def filter(self):
        return self.rng.choice([self.condition] * 6 + [self.chain, self.denials, self.arms])()
